// Reads /proc through one kept descriptor, and never asks a file system to answer for a file it holds.
#ifndef SGET_PROC_H
#define SGET_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

enum {
  procNameBytesMax = 64,    // "PID/fd/N", relative to /proc
  linkBytesMax = 4096,      // PATH_MAX: a longer link is not read
  statusBytesMax = 1024,    // of /proc/PID/status: what we want of it stands in its first ten lines
};

// A descriptor of /proc, opened once.
int proc(void);

// Opens /proc/PID/NAME for reading; -1 when it cannot be.
int proc_open(int pid, const char *name);

// A descriptor of the directory /proc/PID itself, -1 when there is none: it answers for that process only, never for a
// later one with its pid.
int proc_watch(int pid);

// Reads the beginning of /proc/PID/NAME in one read, and ends it with NUL. False when it cannot be read.
bool proc_read(int pid, const char *name, char *buffer, size_t size, size_t *length);

// Reads the link /proc/PID/NAME, and ends it with NUL. False when it cannot be read or is too long.
bool proc_link(int pid, const char *name, char *buffer, size_t size, size_t *length);

// What the link /proc/PID/NAME leads to, from the kernel's memory: a hostile FUSE server is not asked, so it cannot
// hold us up (AT_STATX_DONT_SYNC, statx(2)).
bool proc_target(int pid, const char *name, struct statx *out);

// The entry /proc/PID/NAME itself.
bool proc_entry(int pid, const char *name, struct stat *out);

uint64_t device_of(const struct statx *file);

#endif
