// The repository that a file lies in: references in it are first used with a human's consent.
#pragma once
#include "limits.h"
#include <stdbool.h>

/**
 * Writes the nearest folder, from that of the file upwards, that holds `.git`; where there is none, the file's own.
 * False where the path is not absolute.
 */
bool origin_of(const char *path, char origin[static PATH_BYTES_MAX]);

/**
 * The same of what the name stands for, without following a link in its last place: who made that link chose the file.
 * False where its folder cannot be found.
 */
bool origin_of_name(const char *name, char origin[static PATH_BYTES_MAX]);
