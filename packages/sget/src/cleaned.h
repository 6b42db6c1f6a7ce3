// The environment around a command that a rule names: nothing of the caller's that could make another command of it.
#pragma once
#include "failures.h"

/**
 * Of a caller's environment the few variables that say where one is and what one sees, each with a plain value; PATH is
 * the system's and HOME the password database's. An allow list, since no list of what programs obey is ever whole.
 */
enum failure cleaned_environment(char *const *callers, char ***cleaned);
