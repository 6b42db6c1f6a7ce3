// Finds where values stand in a stream.
#include "matcher.h"
#include "prefilter.h"
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

/** The bytes of the window from a position of the stream on. */
static struct slice from(const struct matcher *matcher, struct slice window, uint64_t position)
{
  size_t length = (size_t)(matcher->end - position);
  return (struct slice){window.bytes + window.length - length, length};
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

static void follow_candidates(struct matcher *matcher, struct slice bytes, uint64_t position)
{
  size_t count = matcher->candidates_count;
  matcher->candidates_count = 0;
  for (size_t i = 0; i < count; i++) {
    struct candidate candidate = matcher->candidates[i];
    follow(matcher, &candidate, bytes, position);
  }
}

/** Tries what may begin with the next four bytes. */
static void begin_at(struct matcher *matcher, struct slice rest, uint64_t position)
{
  const struct patterns *patterns = matcher->patterns;
  struct beginnings beginnings = prefilter_beginnings(patterns->prefilter, prefilter_hash(rest.bytes));
  for (size_t i = 0; i < beginnings.count; i++) {
    const struct pattern *pattern = &patterns->list[beginning_pattern(beginnings.list[i])];
    struct candidate candidate = {position, pattern, beginning_reading(beginnings.list[i]), {0}};
    follow(matcher, &candidate, rest, position);
  }
}

static void search(struct matcher *matcher, struct slice bytes, uint64_t position)
{
  const struct prefilter *prefilter = matcher->patterns->prefilter;
  size_t count = bytes.length - PREFILTER_BYTES + 1;
  for (size_t i = 0; (i += prefilter_skip(prefilter, bytes.bytes + i, count - i)) < count; i++)
    begin_at(matcher, (struct slice){bytes.bytes + i, bytes.length - i}, position + i);
}

void matcher_add(struct matcher *matcher, struct slice window, uint64_t end)
{
  uint64_t before = matcher->end, position = matcher->position;
  matcher->end = end;
  follow_candidates(matcher, from(matcher, window, before), before);
  if (end - position < PREFILTER_BYTES) return;
  search(matcher, from(matcher, window, position), position);
  matcher->position = end - PREFILTER_BYTES + 1;
}

uint64_t matcher_undecided(const struct matcher *matcher, struct slice window)
{
  uint64_t first = matcher->end;
  for (uint64_t at = matcher->position; at < first; at++) {
    struct slice stub = from(matcher, window, at);
    if (prefilter_admits_stub(matcher->patterns->prefilter, stub.bytes, stub.length)) first = at;
  }
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
