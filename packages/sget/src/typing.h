// What a human types, on its way from the real terminal to the one that the command has.
#pragma once
#include "pty.h"
#include <poll.h>
#include <stddef.h>

/** As much as a terminal keeps for who reads it (N_TTY_BUF_SIZE). */
enum { TYPED_BYTES_MAX = 4096 };

struct typing {
  struct keyboard keyboard;
  /** A description of its own, where it can be had, that does not block. */
  int input;
  /** The other side of the command's terminal. */
  int master;
  char typed[TYPED_BYTES_MAX];
  size_t begin, end;
  /** Whether the human's terminal was ever taken; and whether nobody types any more. */
  bool was_taken, is_over;
};

/** @param terminal the descriptor that is the human's terminal */
void typing_begin(struct typing *typing, int terminal, int master);

/**
 * Takes the human's terminal if we are in its foreground; returns whether we are. The first time the command's one gets its
 * settings once more: before, it may have been the shell's that typed in it, whose settings are its own.
 */
bool typing_take(struct typing *typing);

/** What poll(2) is to look at: the human's terminal and the command's. */
void typing_watch(const struct typing *typing, struct pollfd watched[static 2]);

/** Passes on what can be passed on. */
void typing_pass(struct typing *typing, const struct pollfd watched[static 2]);

/** Tells the command that nobody types any more. */
void typing_end(struct typing *typing);

/**
 * Gives the terminal back, and with it what was typed ahead and the command has not read: as good as typed now, where the
 * system allows that (TIOCSTI), else lost.
 */
void typing_return(struct typing *typing);
