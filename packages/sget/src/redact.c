// Passes bytes through a mask to their end and counts what was masked.
#include "redact.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum failure redact_begin(struct redaction *redaction, struct sought *sought, redact_sink *sink, void *context)
{
  *redaction = (struct redaction){.sought = sought, .sink = sink, .context = context};
  sought_reset(sought);
  // At a time that never passes, so that only what is farther back than the longest value goes out before the end.
  return mask_open(&redaction->mask, &sought->patterns, OUTPUT_STEADY);
}

/** A piece that is a label is counted: it is told by where it lies. */
static void count_label(struct sought *sought, struct slice piece)
{
  for (size_t i = 0; i < sought->patterns.known_count; i++)
    if ((const char *)piece.bytes == sought->patterns.known[i].label) sought_count(sought, i);
}

static enum failure pass_on(struct redaction *redaction)
{
  enum failure failure = OK;
  struct slice piece;
  while (!failure && mask_next(&redaction->mask, &piece)) {
    count_label(redaction->sought, piece);
    failure = redaction->sink(redaction->context, piece);
    mask_taken(&redaction->mask, piece.length);
  }
  return failure;
}

enum failure redact_add(struct redaction *redaction, struct slice bytes)
{
  enum failure failure = OK;
  while (!failure && bytes.length > 0) {
    uint8_t *room;
    size_t count;
    failure = mask_room(&redaction->mask, &room, &count);
    if (failure) break;
    if (count > bytes.length) count = bytes.length;
    memcpy(room, bytes.bytes, count);
    mask_add(&redaction->mask, count, 0);
    bytes = (struct slice){bytes.bytes + count, bytes.length - count};
    failure = pass_on(redaction);
  }
  return failure;
}

enum failure redact_read(struct redaction *redaction, int file, uint64_t bytes_max, size_t *count)
{
  uint8_t *room;
  size_t capacity;
  ssize_t got;
  enum failure failure = mask_room(&redaction->mask, &room, &capacity);
  if (failure) return failure;
  do got = read(file, room, capacity < bytes_max ? capacity : (size_t)bytes_max);
  while (got < 0 && errno == EINTR);
  if (got < 0) return INPUT_FAILED;
  *count = (size_t)got;
  mask_add(&redaction->mask, *count, 0);
  return pass_on(redaction);
}

enum failure redact_end(struct redaction *redaction)
{
  mask_end(&redaction->mask);
  enum failure failure = pass_on(redaction);
  mask_close(&redaction->mask);
  return failure;
}
