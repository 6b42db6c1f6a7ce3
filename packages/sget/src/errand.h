// What is to run with the values, as the daemon is told of it.
#pragma once
#include "buffer.h"
#include "references.h"

struct errand {
  /** Whether what the command prints is masked. */
  bool masked;
  /** The file that is executed, and its arguments with the command's name first, up to NULL. */
  const char *program;
  char *const *words;
  /** What env files bring; NULL where there are none. */
  const struct references *references;
};

/**
 * Writes program, digest, words, origin and plain, five fields of a `run`. The words are told whole or not at all: they are no text, or
 * more than TOLD_WORDS_MAX or TOLD_WORDS_BYTES_MAX, where the digest alone tells one command line from another.
 */
void errand_write(struct writer *into, const struct errand *errand);
