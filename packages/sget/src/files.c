// Values that a command gets as files, which are on no disk.
#define _GNU_SOURCE // memfd_create, F_ADD_SEALS
#include "files.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_all(int descriptor, struct slice bytes)
{
  while (bytes.length > 0) {
    ssize_t count = write(descriptor, bytes.bytes, bytes.length);
    if (count <= 0) return false;
    bytes.bytes += count;
    bytes.length -= (size_t)count;
  }
  return true;
}

static void inherit(struct files *files, int descriptor, char path[static FILE_PATH_BYTES_MAX])
{
  files->inherited[files->inherited_count++] = descriptor;
  snprintf(path, FILE_PATH_BYTES_MAX, "/dev/fd/%d", descriptor);
}

enum failure files_seal(struct files *files, struct slice value, bool stays, char path[static FILE_PATH_BYTES_MAX])
{
  int file = memfd_create("sget", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file < 0) return refuse(NO_CHANNEL, "a file in memory");
  files->list[files->count++] = file;
  bool is_ready = fchmod(file, S_IRUSR | S_IWUSR) == 0 && write_all(file, value) && lseek(file, 0, SEEK_SET) == 0 &&
                  fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0;
  if (!is_ready) return refuse(NO_CHANNEL, "a file in memory");
  if (stays) snprintf(path, FILE_PATH_BYTES_MAX, "/proc/%d/fd/%d", (int)getpid(), file);
  else inherit(files, file, path);
  return OK;
}

enum failure files_pipe(struct files *files, struct slice value, char path[static FILE_PATH_BYTES_MAX])
{
  int ends[2];
  if (value.length > PIPED_BYTES_MAX) return VALUE_TOO_LONG_PIPED;
  if (pipe2(ends, O_CLOEXEC) < 0) return refuse(NO_CHANNEL, "a pipe");
  files->list[files->count++] = ends[0];
  // One that holds less than usual shall fail, not wait for a reader that is not there yet.
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  bool is_whole = write_all(ends[1], value);
  close(ends[1]);
  if (!is_whole) return VALUE_TOO_LONG_PIPED;
  inherit(files, ends[0], path);
  return OK;
}
