// Where the socket lies: at a fixed place under the user's home, or under the folder of --home.
#pragma once
#include "failures.h"
#include "limits.h"
#include <stdbool.h>

/** The socket of the instance. `instance` is absolute, or NULL for the user's own; only then `home` matters. */
enum failure paths_socket(const char *home, const char *instance, char socket[static SOCKET_PATH_BYTES_MAX + 1]);

/** A folder's real path; the folder itself may be still to come, the one above it may not. */
enum failure paths_absolute(const char *folder, char absolute[static PATH_BYTES_MAX]);

/** FOLDER/NAME; false where that is too long. */
bool paths_join(const char *folder, const char *name, char path[static PATH_BYTES_MAX]);
