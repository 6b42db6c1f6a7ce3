// What the .gitignore of a folder names: of gitignore(5) only what can be told from a name alone. Whatever is beyond that is
// not ignored, so more is looked through and never less. git itself is not asked: a repository can have it run programs.
#pragma once
#include <stdbool.h>
#include <stddef.h>

/** The lines of one file; begins as {0}. */
struct ignored {
  char *text;
  size_t length;
};

/** Reads the .gitignore of a folder, if there is one. */
void ignored_read(struct ignored *ignored, int folder);

/** Whether an entry of that very folder is named. */
bool ignored_names(const struct ignored *ignored, const char *name, bool is_folder);

void ignored_release(struct ignored *ignored);
