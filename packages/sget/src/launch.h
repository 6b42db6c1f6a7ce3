// Starts the programs that run on Node: the pinned one, with fixed flags and an environment built from nothing.
#pragma once
#include "installation.h"

/** A program to execute, ready to be. */
struct plan {
  char *path;
  char **arguments;
  char **environment;
};

/**
 * Becomes the Node program of that name, or with `sgetd --detach` starts it in the background. Returns only to tell
 * of a failure, or that the daemon in the background is ready.
 *
 * @param arguments the user's, without the program's name, up to NULL
 */
enum failure launch(const struct installation *here, const char *name, char **arguments);
