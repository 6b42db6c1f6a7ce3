// What is to run with the values, as the daemon is told of it.
#include "errand.h"
#include "limits.h"
#include "sha256.h"
#include "text.h"
#include <string.h>

/** Each word with its NUL, so that two lines of other words are never the same. */
static void write_digest(struct writer *into, char *const *words)
{
  char digest[SHA256_HEX_BYTES + 1];
  struct sha256 hash;
  sha256_begin(&hash);
  for (; *words; words++) sha256_add(&hash, *words, strlen(*words) + 1);
  sha256_hex(&hash, digest);
  writer_text(into, digest);
}

/** 0 where they cannot be told. */
static unsigned told_words(char *const *words)
{
  unsigned count = 0;
  size_t bytes = 0;
  for (; words[count]; count++) {
    size_t length = strlen(words[count]);
    bytes += length + 2;
    if (count == TOLD_WORDS_MAX || length > TEXT_BYTES_MAX || bytes > TOLD_WORDS_BYTES_MAX) return 0;
    if (!text_is_utf8(slice_of(words[count]))) return 0;
  }
  return count;
}

/** Of plain values the names alone: what they are is nobody's business. */
static void write_files(struct writer *into, const struct references *references)
{
  unsigned count = references ? references->plain_count : 0;
  writer_text(into, references ? references->origin : NULL);
  writer_number(into, 2, count);
  for (unsigned i = 0; i < count; i++) writer_text(into, references->plain[i].name);
}

void errand_write(struct writer *into, const struct errand *errand)
{
  writer_text(into, text_is_utf8(slice_of(errand->program)) ? errand->program : "");
  write_digest(into, errand->words);
  unsigned count = told_words(errand->words);
  writer_number(into, 2, count);
  for (unsigned i = 0; i < count; i++) writer_text(into, errand->words[i]);
  write_files(into, errand->references);
}
