// The home directory of a user, from the password database and nowhere else: HOME of the environment is anybody's.
#pragma once
#include "failures.h"
#include "limits.h"
#include <sys/types.h>

/** The uid's line in /etc/passwd; where there is none, what `/usr/bin/getent passwd UID` says; else NO_HOME. */
enum failure home_of(uid_t uid, char home[static HOME_BYTES_MAX]);
