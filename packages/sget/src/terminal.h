// The controlling terminal: what a human is asked there, and what they type.
#pragma once
#include "secret.h"
#include <stdbool.h>

/** /dev/tty, opened on first use; -1 where this process has no terminal. */
int terminal_descriptor(void);

/**
 * Asks for one line without showing it. Signals that end or stop the process find the terminal as it was before.
 *
 * @param watched a socket, or -1: when something arrives there meanwhile, stops with SUPERSEDED
 * @param alone whether further lines that came with it, as when pasted, make it VALUE_LINES
 */
enum failure terminal_ask_secret(const char *question, int watched, bool alone, struct secret *into);

/** Asks a question to which only `y` or `yes` means yes; without a terminal it is no. */
bool terminal_agrees(const char *const question[]);
