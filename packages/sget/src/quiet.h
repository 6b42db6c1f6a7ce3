// A terminal that does not show what is typed, and signals that wait until it does again.
#pragma once
#include <signal.h>
#include <stdbool.h>
#include <termios.h>

enum { QUIET_SIGNALS = 7 };

struct quiet {
  int terminal;
  struct termios before;
  sigset_t mask;
  struct sigaction actions[QUIET_SIGNALS];
};

/** Turns echo off and discards what was typed ahead; signals come through only where `quiet.mask` is let in. */
bool quiet_begin(struct quiet *quiet, int terminal);

/** Turns echo on again, discards what was typed beyond the line, and lets signals do what they always did. */
void quiet_end(struct quiet *quiet);

/** The signal that has interrupted a wait since `quiet_begin`, or 0. */
int quiet_signal(void);
