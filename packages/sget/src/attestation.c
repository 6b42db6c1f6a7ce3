// The attested install: its group, by which the daemon knows this very program, and what only this program can tell.
#define _GNU_SOURCE // getresgid
#include "attestation.h"
#include "frame.h"
#include "limits.h"
#include "sha256.h"
#include "text.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gid_t ours;
static gid_t lent;
static char command[SHA256_HEX_BYTES + 1];

/** Never goes on with a group that it should not have. */
static void take_group(gid_t group)
{
  if (setegid(group) < 0 || getegid() != group) abort();
}

/** All arguments, each with its NUL, so that two lines of other words are never the same. */
static void take_fingerprint(char *const *arguments)
{
  struct sha256 hash;
  sha256_begin(&hash);
  for (; *arguments; arguments++) sha256_add(&hash, *arguments, strlen(*arguments) + 1);
  sha256_hex(&hash, command);
}

void attestation_begin(char *const *arguments)
{
  ours = getgid();
  lent = getegid();
  if (!attestation_is_claimed()) return;
  take_group(ours);
  take_fingerprint(arguments);
}

void attestation_raise(void)
{
  if (attestation_is_claimed()) take_group(lent);
}

void attestation_lower(void)
{
  if (attestation_is_claimed()) take_group(ours);
}

void attestation_end(void)
{
  if (attestation_is_claimed() && setresgid(ours, ours, ours) < 0) abort();
}

bool attestation_is_claimed(void)
{
  return lent != ours;
}

/** The kernel's name for it (proc_pid_fd(5)); empty where that is no text, or longer than a field. */
static void name_of_output(char name[static TEXT_BYTES_MAX + 1])
{
  ssize_t length = readlink("/proc/self/fd/1", name, TEXT_BYTES_MAX + 1);
  if (length < 0 || length > TEXT_BYTES_MAX) length = 0;
  name[length] = '\0';
  if (!text_is_utf8(slice_of(name))) name[0] = '\0';
}

void attestation_write(struct writer *outbox)
{
  static char name[TEXT_BYTES_MAX + 1];
  struct stat output;
  int flags = fcntl(STDOUT_FILENO, F_GETFL);
  // pipes_complete has seen to it that there is one.
  if (flags < 0 || fstat(STDOUT_FILENO, &output) < 0) abort();
  name_of_output(name);
  size_t start = frame_begin(outbox, MESSAGE_ATTEST, 0);
  writer_number(outbox, 4, (uint32_t)output.st_dev);
  writer_number(outbox, 4, (uint32_t)(output.st_ino >> 32));
  writer_number(outbox, 4, (uint32_t)output.st_ino);
  writer_number(outbox, 4, (uint32_t)output.st_rdev);
  writer_number(outbox, 4, output.st_mode);
  writer_number(outbox, 1, (uint64_t)(flags & O_ACCMODE));
  writer_text(outbox, name);
  writer_text(outbox, command);
  frame_end(outbox, start, 0);
}
