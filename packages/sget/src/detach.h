// Starts a program as a daemon and waits until it says that it is ready.
#pragma once
#include "launch.h"

/**
 * Adds `--ready-fd N` to the arguments, where there is room for two more. The daemon writes one line there: `ready`,
 * or `failed TEXT`.
 */
enum failure detach(struct plan *plan);
