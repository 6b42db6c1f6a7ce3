// The parent of a command that has a terminal of its own: the leader of that terminal's session.
//
// A process group whose parent were in another session would be orphaned, and the terminal could not stop it (setpgid(2)).
// So sget is not the parent itself; it hears of the command from the monitor, and has it do what only a member of the session
// may.
#pragma once
#include "start.h"

enum monitor_word {
  /** From the monitor: the command runs, or the errno of execve(2); then each change of its state, as wait(2) has it. */
  MONITOR_STARTED,
  MONITOR_STATUS,
  /** To the monitor: a signal for the command, or for its process group. */
  MONITOR_SIGNAL,
  MONITOR_SIGNAL_GROUP,
  /** To the monitor: the command goes on, in the foreground of its terminal (1) or not (0). */
  MONITOR_RESUME,
};

struct monitor_message {
  enum monitor_word word;
  int number;
};

/** Starts the command and watches it to its end, in a child of sget. @param link a socket that keeps messages apart */
_Noreturn void monitor(const struct start *start, int link);
