// Whether sgetd started this process, over which socket it speaks.
#pragma once
#include "installation.h"
#include <stdbool.h>

/** Whether a descriptor is a socket whose pair our parent made, which is of our user and no other program than Node's. */
bool parent_is_daemon(const struct installation *here, int socket);
