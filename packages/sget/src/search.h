// Finds the file that a command's name means, as execvp(3) would.
#pragma once
#include "failures.h"
#include "limits.h"

/** COMMAND_MISSING where there is none, COMMAND_UNUSABLE where all that there is cannot be executed. */
enum failure search_command(const char *name, char path[static PATH_BYTES_MAX]);
