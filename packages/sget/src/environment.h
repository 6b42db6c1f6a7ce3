// The environment of the command that `run` starts: the caller's, with values in it.
#pragma once
#include "limits.h"
#include "values.h"

struct environment {
  /** NAME=VALUE strings with values, each in locked memory. */
  struct secret strings[REFS_PER_REQUEST_MAX];
  unsigned count;
};

/** Adds a value under its variable's name. */
enum failure environment_add(struct environment *environment, const struct value *value);

/** Adds one that is no value, but tells where a value is: its name need not be one that may hold a secret. */
enum failure environment_add_path(struct environment *environment, const char *variable, const char *path);

/** The caller's environment with these in place of what has the same name. */
char **environment_list(const struct environment *environment, char *const *callers);

void environment_release(struct environment *environment);
