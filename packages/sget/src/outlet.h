// What a command prints, on its way: out of the end that it writes to, through the mask, to where it was meant to go.
#pragma once
#include "mask.h"
#include <poll.h>

struct outlet {
  /** What the command gets; closed once it runs. */
  int given;
  /** What is read: a pipe, or the other side of a terminal; -1 after its end. */
  int source;
  /** Where it goes: a description of our own that does not block, or the standard descriptor itself. */
  int sink;
  /** Which standard descriptors it stands for: 1 << STDOUT_FILENO and so on; none once it is closed. */
  unsigned standards;
  bool is_terminal, is_socket;
  /** The sink takes no more just now. */
  bool is_waiting;
  /** The error of write(2) that ended it, or 0. */
  int error;
  struct mask mask;
};

/** Opens one for a standard descriptor; with `is_whole` a terminal that the command is typed into as well. */
enum failure outlet_open(struct outlet *outlet, int standard, bool is_whole, int *slave);

/** Begins to mask. */
enum failure outlet_begin(struct outlet *outlet, struct patterns *patterns, bool is_human);

/** What poll(2) is to look at: source and sink. */
void outlet_watch(struct outlet *outlet, struct pollfd watched[static 2]);

/** Passes on what can be passed on. */
void outlet_pass(struct outlet *outlet, const struct pollfd watched[static 2], uint64_t now_ms);

/** Whether nothing more will come out of it. */
bool outlet_is_over(const struct outlet *outlet);

/** Whether all that has been read and may go out has gone out, and no more of it will without more being read. */
bool outlet_is_quiet(const struct outlet *outlet);

void outlet_close(struct outlet *outlet);
