// What a command has left running goes on to print when the command and sget have ended: somebody has to mask that.
#pragma once
#include "supervise.h"

/** Leaves a process behind that passes on what is printed, until nobody can print any more. */
void outlive(struct supervision *run);
