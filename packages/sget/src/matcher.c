// Finds where values stand in a stream.
#include "matcher.h"
#include <stdlib.h>

void matcher_begin(struct matcher *matcher, const struct patterns *patterns)
{
  *matcher = (struct matcher){.patterns = patterns};
}

static void keep(struct matcher *matcher, const struct candidate *candidate)
{
  if (matcher->candidates_count == matcher->candidates_capacity) {
    matcher->candidates_capacity = 2 * matcher->candidates_capacity + 16;
    matcher->candidates = realloc(matcher->candidates, matcher->candidates_capacity * sizeof *candidate);
    if (!matcher->candidates) abort();
  }
  matcher->candidates[matcher->candidates_count++] = *candidate;
}

/** @param position where in the stream the bytes begin */
static void follow(struct matcher *matcher, struct candidate *candidate, struct slice bytes, uint64_t position)
{
  size_t taken;
  switch (reading_follow(candidate->reading, candidate->pattern, &candidate->progress, bytes, &taken)) {
  case REFUSED: return;
  case UNDECIDED: keep(matcher, candidate); return;
  case SPELLED: spans_add(&matcher->spans, candidate->start, position + taken, candidate->pattern->value); return;
  }
}

static void follow_candidates(struct matcher *matcher, struct slice bytes)
{
  size_t count = matcher->candidates_count;
  matcher->candidates_count = 0;
  for (size_t i = 0; i < count; i++) {
    struct candidate candidate = matcher->candidates[i];
    follow(matcher, &candidate, bytes, matcher->position);
  }
}

static void begin_at(struct matcher *matcher, struct slice rest, uint64_t position)
{
  const struct patterns *patterns = matcher->patterns;
  for (size_t i = 0; i < patterns->count; i++)
    for (unsigned reading = 0; reading < READINGS; reading++) {
      if (!(patterns->list[i].readings >> reading & 1)) continue;
      struct candidate candidate = {position, &patterns->list[i], reading, {0}};
      follow(matcher, &candidate, rest, position);
    }
}

void matcher_add(struct matcher *matcher, struct slice bytes)
{
  follow_candidates(matcher, bytes);
  for (size_t i = 0; i < bytes.length; i++)
    begin_at(matcher, (struct slice){bytes.bytes + i, bytes.length - i}, matcher->position + i);
  matcher->position += bytes.length;
}

uint64_t matcher_undecided(const struct matcher *matcher)
{
  uint64_t first = matcher->position;
  for (size_t i = 0; i < matcher->candidates_count; i++)
    if (matcher->candidates[i].start < first) first = matcher->candidates[i].start;
  return first;
}

void matcher_release(struct matcher *matcher)
{
  spans_release(&matcher->spans);
  free(matcher->candidates);
  *matcher = (struct matcher){0};
}
