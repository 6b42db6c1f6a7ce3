// The env files of a run: references to secrets, and plain values beside them.
#pragma once
#include "options.h"
#include "secret.h"

/** A variable that a file sets to a plain value: its name, and where NAME=VALUE begins in `strings`. */
struct plain {
  char name[VARIABLE_BYTES_MAX + 1];
  size_t at;
};

/** What all of the files bring. */
struct references {
  /** The root of the repository that they lie in; empty where there is no file. */
  char origin[PATH_BYTES_MAX];
  /** NAME=VALUE with its NUL, one after another: a value may be a secret that nobody has stored yet. */
  struct secret strings;
  struct plain plain[PLAIN_PER_RUN_MAX];
  unsigned plain_count;
};

/**
 * Reads the env files of the line. References join what -e wants, which goes before them where both name a variable. Says
 * on standard error, with place and name and never with a value, what it refuses, and what looks like a secret that is not
 * stored.
 */
enum failure references_read(struct references *all, struct options *options);

void references_release(struct references *all);
