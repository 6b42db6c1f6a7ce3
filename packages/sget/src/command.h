// A command that runs: a child of ours, or of its monitor where it has a terminal of its own.
#pragma once
#include "start.h"

struct command {
  /** Its process, or its monitor's. */
  pid_t child;
  /** The socket of the monitor, or -1. */
  int monitor;
};

/** Starts it. It runs when this returns OK. */
enum failure command_start(struct command *command, const struct start *start);

/** The next change of its state, as wait(2) has it; false where there is none yet. A monitor that is lost counts as killed. */
bool command_change(struct command *command, int *status);

/** Sends it a signal, or its process group. */
void command_signal(const struct command *command, int signal, bool is_for_group);

/** Lets it go on after a stop, if nobody else has. */
void command_resume(const struct command *command, bool is_foreground);
