// A regular file, read whole and once: what is looked at is what is used.
#pragma once
#include "failures.h"
#include "limits.h"
#include "secret.h"
#include <stdbool.h>
#include <sys/stat.h>

/** The file as it was when it was opened. */
struct regular {
  struct stat identity;
  /** Where it really lies, with no link on the way; empty where the system does not tell. */
  char path[PATH_BYTES_MAX];
};

/**
 * Reads a file of at most DOTENV_BYTES_MAX into locked memory, since it may hold values. FILE_UNREADABLE for anything
 * else, FILE_CHANGED where it became shorter meanwhile.
 */
enum failure regular_read(const char *path, struct regular *file, struct secret *content);

/** Whether two looks found the same file with the same content, as far as the system tells. */
bool regular_is_same(const struct stat *one, const struct stat *other);
