// Names of environment variables that may hold a secret.
#pragma once
#include "buffer.h"

/**
 * Whether a secret may be put into a variable of this name: 1 to 128 letters, digits and `_`, no digit first, and in
 * any case of letters none of those that programs obey.
 */
bool variable_is_safe(struct slice name);

/**
 * Whether the path of a file with a secret may be put there: also into those that programs obey by reading what the file
 * that they name says, and no more, which is what such a secret is for.
 */
bool variable_may_name_file(struct slice name);

/** Beginnings of names, and whole names, that programs obey: as in packages/wire/src/variable.ts; NULL ends each. */
extern const char *const variable_obeyed_prefixes[];
extern const char *const variable_obeyed_names[];
