// Values that a command gets as files, which are on no disk.
#pragma once
#include "buffer.h"
#include "failures.h"
#include "limits.h"

enum {
  /** What a pipe holds without a reader, if the system has not been told otherwise (pipe(7)). */
  PIPED_BYTES_MAX = 64 * 1024,
  /** /proc/PID/fd/N with its NUL. */
  FILE_PATH_BYTES_MAX = 48,
};

/** The descriptors of all files of a run. */
struct files {
  int list[REFS_PER_REQUEST_MAX];
  unsigned count;
  /** Those that the command inherits, if not all. */
  int inherited[REFS_PER_REQUEST_MAX];
  unsigned inherited_count;
};

/**
 * A file in memory, sealed as it is, mode 0600; it may be opened as often as one likes. @param stays whether this process
 * stays, so that the path leads through it: ssh(1) and others close what they inherit. @param path what the command opens
 */
enum failure files_seal(struct files *files, struct slice value, bool stays, char path[static FILE_PATH_BYTES_MAX]);

/** A pipe that holds the value: it can be read once, and is in no file at all. */
enum failure files_pipe(struct files *files, struct slice value, char path[static FILE_PATH_BYTES_MAX]);
