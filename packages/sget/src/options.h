// The command line of sget.
#pragma once
#include "failures.h"
#include "limits.h"
#include <stdbool.h>

/** What a variable of the command that `run` starts is to hold: a value, or the path of a file or pipe that has it. */
enum wanted_as { WANTED_VALUE, WANTED_FILE, WANTED_PIPE };

/** Such a variable, and the ref that it is for. */
struct wanted {
  enum wanted_as as;
  char variable[VARIABLE_BYTES_MAX + 1];
  const char *ref;
};

/** Bits of `given`, one an option. */
enum {
  OPTION_HOME = 1 << 0,
  OPTION_GRANT = 1 << 1,
  OPTION_REVEAL = 1 << 2,
  OPTION_VARIABLE = 1 << 3,
  OPTION_TRIM = 1 << 4,
  OPTION_REPLACE = 1 << 5,
  OPTION_PREFIX = 1 << 6,
  OPTION_NEW = 1 << 7,
  OPTION_PASSPHRASE = 1 << 8,
  OPTION_NEW_PASSPHRASE = 1 << 9,
  OPTION_HELP = 1 << 10,
  OPTION_VERSION = 1 << 11,
  OPTION_COMMAND = 1 << 12,
  OPTION_FILE = 1 << 13,
  OPTION_NO_MASK = 1 << 14,
  OPTION_ENV_FILE = 1 << 15,
};

struct options {
  unsigned given;
  /** The folder of --home, absolute; NULL for the user's own instance. */
  const char *instance;
  const char *grant;
  const char *prefix;
  /** Descriptors, -1 where none is given. */
  int passphrase, new_passphrase;
  struct wanted wanted[REFS_PER_REQUEST_MAX];
  unsigned wanted_count;
  const char *env_files[ENV_FILES_MAX];
  unsigned env_files_count;
  /** The first word: a REF, or the name of a command. */
  const char *word;
  /** The second: what the command is about. */
  const char *operand;
  /** What follows `--`, up to NULL. */
  char **command;
  /** Where the first word stands that only sgetctl may know: the rest of the line is its own. */
  char **foreign;
};

/** Reads the line. Stops at a first word that `is_ours` does not know and that holds no `/`. */
enum failure options_read(char **arguments, bool (*is_ours)(const char *word), struct options *options);
