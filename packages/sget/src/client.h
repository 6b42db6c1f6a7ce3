// sget itself: its commands.
#pragma once
#include "installation.h"

/** Does what the command line says. Returns the exit status. */
int client(const struct installation *here, char **arguments);
