// Standard input, whole, as the secret that it is or may hold.
#pragma once
#include "secret.h"

/** Reads to the end. Fails with VALUE_TOO_LARGE where there is more than a value may hold. */
enum failure input_read(struct secret *into);
