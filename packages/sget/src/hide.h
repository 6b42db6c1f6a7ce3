// Whether others of the same user may look into this process (prctl(2), PR_SET_DUMPABLE).
#pragma once
#include "failures.h"

/** Closes /proc/self/mem and its like to siblings, debuggers and core dumps: from before a secret is here. */
enum failure hide(void);

/** Once no secret is here any more: the daemon must be able to look at this process again. */
void show(void);

/** Once a command has the values in its environment, where the same users could read them: also one that was closed from its start. */
void show_for_good(void);
