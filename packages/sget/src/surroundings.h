// What a command finds as sget's caller left it, though sget itself needs it otherwise: signals, and the core limit.
#pragma once
#include <signal.h>
#include <sys/resource.h>

struct surroundings {
  sigset_t mask;
  struct sigaction child;
  struct rlimit core;
};

/**
 * From now on signals wait to be read from the descriptor that is returned (signalfd(2)), but for those of a fault; and this
 * process leaves no core.
 */
int surroundings_take(struct surroundings *before);

/** Undoes that, and what pipes_survive did, in a process that is about to execute the command. */
void surroundings_restore(const struct surroundings *before);

/** Does by default what that signal does, and returns if that is not the end: stopped and continued, or nothing at all. */
void suffer(int signal);
