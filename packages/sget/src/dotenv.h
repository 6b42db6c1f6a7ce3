// .env files, strictly: what the tools that read them understand differently is refused.
#pragma once
#include "buffer.h"

/** Where reading has come to. */
struct dotenv {
  struct reader rest;
  unsigned line;
  /** Where that line begins. */
  const uint8_t *start;
};

/** One NAME=VALUE. The slices lie in the file. */
struct dotenv_entry {
  /** Where its name stands, or what is wrong with it; both count from 1, columns in bytes. */
  unsigned line, column;
  struct slice name;
  /** The value as it is written, without its quotes. */
  struct slice raw;
  /** ' or " or 0. */
  char quote;
  /** Why the line is refused, in words that tell nothing of it; NULL where it is sound. */
  const char *fault;
};

void dotenv_begin(struct dotenv *file, struct slice content);

/** The next entry; false at the end of the file. */
bool dotenv_next(struct dotenv *file, struct dotenv_entry *entry);

/** Whether a value is a reference, sget://PATH#FIELD. @param ref what follows sget:// */
bool dotenv_reference(struct slice value, struct slice *ref);

/** Writes the value as it is meant: never more bytes than `raw` has. */
void dotenv_value(const struct dotenv_entry *entry, struct writer *into);
