// The environment of the command that `run` starts: the caller's, with values in it.
#pragma once
#include "limits.h"
#include "references.h"
#include "values.h"

struct environment {
  /** NAME=VALUE strings with values, each in locked memory. */
  struct secret strings[REFS_PER_REQUEST_MAX];
  unsigned count;
  /** Plain values of env files; NULL where there are none. */
  const struct references *references;
  /** Instead of the caller's, where a rule names the command; else NULL. */
  char **cleaned;
};

/** Adds a value under its variable's name. */
enum failure environment_add(struct environment *environment, const struct value *value);

/** Adds one that is no value, but tells where a value is: its name need not be one that may hold a secret. */
enum failure environment_add_path(struct environment *environment, const char *variable, const char *path);

/** Keeps of the caller's environment only what is harmless around any command. */
enum failure environment_clean(struct environment *environment, char *const *callers);

/** The caller's environment, or what is kept of it, with these in place of what has the same name. */
char **environment_list(const struct environment *environment, char *const *callers);

void environment_release(struct environment *environment);
