// What a worker looks for, and how often each was found.
#include "sought.h"
#include "limits.h"
#include <stdlib.h>
#include <string.h>

/** What a label has around its ref: [sget:REF] */
enum { LABEL_HEAD_BYTES = 6, LABEL_BYTES_MORE = 7 };

enum failure sought_add(struct sought *sought, struct slice value, struct slice ref)
{
  char name[FULL_REF_BYTES_MAX + 1];
  bool is_covered = false;
  if (ref.length >= sizeof name) return BAD_MESSAGE;
  memcpy(name, ref.bytes, ref.length);
  name[ref.length] = '\0';
  enum failure failure = patterns_add(&sought->patterns, value, name, &is_covered);
  if (failure) return failure;
  sought->is_short = sought->is_short || !is_covered;
  uint32_t *counts = realloc(sought->counts, (sought->patterns.known_count + 1) * sizeof *counts);
  if (!counts) return NO_MEMORY;
  sought->counts = counts;
  sought_reset(sought);
  return OK;
}

void sought_reset(struct sought *sought)
{
  for (size_t i = 0; i < sought->patterns.known_count; i++) sought->counts[i] = 0;
}

void sought_count(struct sought *sought, size_t value)
{
  if (sought->counts[value] < UINT32_MAX) sought->counts[value]++;
}

uint32_t sought_total(const struct sought *sought)
{
  uint64_t total = 0;
  for (size_t i = 0; i < sought->patterns.known_count; i++) total += sought->counts[i];
  return total < UINT32_MAX ? (uint32_t)total : UINT32_MAX;
}

struct slice sought_ref(const struct sought *sought, size_t value)
{
  const struct known *known = &sought->patterns.known[value];
  return (struct slice){(const uint8_t *)known->label + LABEL_HEAD_BYTES, known->label_length - LABEL_BYTES_MORE};
}

void sought_release(struct sought *sought)
{
  patterns_release(&sought->patterns);
  free(sought->counts);
  *sought = (struct sought){0};
}
