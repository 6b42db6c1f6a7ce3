// Reads /proc through one kept descriptor, and never asks a file system to answer for a file it holds.
#include "proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int proc(void) {
  static int directory = -1;
  if (directory < 0) directory = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) abort();
  return directory;
}

static bool named(char path[procNameBytesMax], int pid, const char *name) {
  const int length = snprintf(path, procNameBytesMax, "%d%s%s", pid, *name ? "/" : "", name);
  return length > 0 && length < procNameBytesMax;
}

int proc_open(int pid, const char *name) {
  char path[procNameBytesMax];
  return named(path, pid, name) ? openat(proc(), path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : -1;
}

int proc_watch(int pid) {
  char path[procNameBytesMax];
  return named(path, pid, "") ? openat(proc(), path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
}

bool proc_read(int pid, const char *name, char *buffer, size_t size, size_t *length) {
  const int file = proc_open(pid, name);
  if (file < 0) return false;
  const ssize_t got = read(file, buffer, size - 1);
  close(file);
  if (got <= 0) return false;
  *length = (size_t)got;
  buffer[got] = '\0';
  return true;
}

bool proc_link(int pid, const char *name, char *buffer, size_t size, size_t *length) {
  char path[procNameBytesMax];
  if (!named(path, pid, name)) return false;
  const ssize_t got = readlinkat(proc(), path, buffer, size);
  if (got <= 0 || (size_t)got >= size) return false;
  *length = (size_t)got;
  buffer[got] = '\0';
  return true;
}

bool proc_target(int pid, const char *name, struct statx *out) {
  char path[procNameBytesMax];
  const unsigned wanted = STATX_BASIC_STATS | STATX_MNT_ID;
  return named(path, pid, name) && statx(proc(), path, AT_STATX_DONT_SYNC, wanted, out) == 0;
}

bool proc_entry(int pid, const char *name, struct stat *out) {
  char path[procNameBytesMax];
  return named(path, pid, name) && fstatat(proc(), path, out, AT_SYMLINK_NOFOLLOW) == 0;
}

uint64_t device_of(const struct statx *file) {
  return makedev(file->stx_dev_major, file->stx_dev_minor);
}
