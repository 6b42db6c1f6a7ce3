// Where the human sits who started a program: at which terminal, and at which screen a browser would open.
#pragma once

/** The most strings that `seat_environment` adds. */
enum { SEAT_STRINGS_MAX = 6 };

/**
 * Adds what sgetctl gets to know of it: of the caller's variables those few that say where windows go, where they have
 * a form that can mean nothing else, and with a screen the folder of the user's session. Returns the end of the list.
 */
char **seat_environment(char *const *callers, char **into);
