// Starts a command: everything that it inherits is as if its caller had started it.
#pragma once
#include "failures.h"
#include "surroundings.h"
#include <stdbool.h>
#include <sys/types.h>

struct start {
  char *path;
  char **arguments, **environment;
  /** What its standard descriptors are to be; none is a number that another of them becomes. */
  int standard[3];
  /** Descriptors that are closed on execution, and that it gets all the same. */
  const int *kept;
  unsigned kept_count;
  const struct surroundings *surroundings;
  /** A terminal that is its session's, in which it leads a process group of its own, or -1: it stays in ours. */
  int terminal;
  bool is_foreground;
};

/** Becomes the command. Returns only to tell why not. */
enum failure start_here(const struct start *start);

/**
 * Starts it as a child, which ends when this process is killed: what happens to sget happens to its command. Nothing of this
 * process is copied, so that locked memory stays where it is (vfork(2)). @param error of execve(2), 0 where it runs
 */
pid_t start_child(const struct start *start, int *error);

/** What an error of execve(2) means. */
enum failure start_failure(const struct start *start, int error);
