// Storing a value, and asking before one is replaced.
#pragma once
#include "deliver.h"

/** Delivers a `put`. Replacing is something that a human asks for: on the line, or now in the terminal. */
enum failure store(struct connection *daemon, struct delivery *put);
