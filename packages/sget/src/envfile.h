// The .env file that is imported: what is in it, known without keeping its values, which are read again one by one.
#pragma once
#include "failures.h"
#include "limits.h"
#include "secret.h"
#include <stdbool.h>
#include <sys/stat.h>

/** An entry by its place among the entries. */
struct envfile_entry {
  char name[VARIABLE_BYTES_MAX + 1];
  bool empty;
};

struct envfile {
  const char *path;
  struct stat identity;
  unsigned count;
  struct envfile_entry entries[DOTENV_ENTRIES_MAX];
};

/** Reads it through. Says on standard error which lines it refuses and why, never what stands there. */
enum failure envfile_survey(struct envfile *file, const char *path);

/** Whether the path still names that very file, unchanged, and no link to it. */
bool envfile_is_unchanged(const struct envfile *file);

/** Reads the value of one entry; FILE_CHANGED where the file is no longer what it was. */
enum failure envfile_value(const struct envfile *file, unsigned index, struct secret *value);
