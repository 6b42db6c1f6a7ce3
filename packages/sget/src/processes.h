// Looks through the environments and command lines of the user's processes.
#pragma once
#include "look.h"

/** All but this one, the daemon, and those that are spared. What closes itself to its user is not seen (proc(5)). */
enum failure processes_look(struct look *look);
