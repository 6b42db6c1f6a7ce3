// A command from its start to its end: what it prints is passed on, what happens to us happens to it, and the other way round.
#pragma once
#include "command.h"
#include "outlet.h"
#include "typing.h"

enum { OUTLETS_MAX = 2 };

struct supervision {
  struct command command;
  /** The signals that have come, to be read from it. */
  int signals;
  struct outlet outlets[OUTLETS_MAX];
  unsigned outlets_count;
  /** Where the command has a terminal of its own session: what is typed for it. */
  struct typing typing;
  bool is_typed;
  /** How it ended, as wait(2) has it. */
  int status;
  bool has_ended;
  /** Something that it printed could not be passed on, which was told. */
  bool has_failed;
};

/** Returns once the command has ended and what it printed has gone out; what others still print may not have. */
void supervise(struct supervision *run);

/** One round of passing on what is printed. @param more what else to wait for @param wait_ms at most, -1 for ever */
void supervise_outlets(struct supervision *run, struct pollfd *more, unsigned more_count, int wait_ms);

/** Whether others than the command still have its output. */
bool supervise_has_heirs(const struct supervision *run);
