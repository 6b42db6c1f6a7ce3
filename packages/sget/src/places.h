// Where values are left behind by habit: the history files of shells and interpreters, and what known agents write down.
#pragma once
#include "look.h"

/** Looks through the history files under a home, whenever they were changed. */
enum failure places_look_at_histories(struct look *look, const char *home);

/** Looks through what agents have written since the values were given. */
enum failure places_look_at_agents(struct look *look, const char *home);

/** Whether an absolute path is that of a history file under that home. */
bool places_is_history(const char *home, const char *path);
