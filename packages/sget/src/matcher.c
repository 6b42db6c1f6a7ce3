// Finds where values stand in a stream.
#include "matcher.h"
#include "prefilter.h"
#include <stdlib.h>
#include <string.h>

enum {
  /** So far candidates are followed together, until those that will end alike are known. */
  STRETCH_BYTES = 256,
};

void matcher_begin(struct matcher *matcher, const struct patterns *patterns)
{
  *matcher = (struct matcher){.patterns = patterns};
}

/**
 * Whether a candidate has the same future as one that began earlier: in a value that repeats itself, so many periods
 * behind. It ends where that one ends, and where that one is spelled, `follow` goes on with it.
 */
static bool is_repetition(const struct candidate *candidate, const struct candidate *earlier)
{
  const struct progress *one = &candidate->progress, *other = &earlier->progress;
  if (candidate->pattern != earlier->pattern || candidate->reading != earlier->reading) return false;
  if (other->at < one->at || (other->at - one->at) % candidate->pattern->period != 0) return false;
  return one->code == other->code && one->phase == other->phase && one->left == other->left && one->high == other->high &&
    one->is_bytewise == other->is_bytewise;
}

static bool is_kept(const struct matcher *matcher, const struct candidate *candidate)
{
  if (!reading_repeats(candidate->reading, candidate->pattern)) return false;
  for (size_t i = 0; i < matcher->candidates_count; i++)
    if (is_repetition(candidate, &matcher->candidates[i])) return true;
  return false;
}

static void keep(struct matcher *matcher, const struct candidate *candidate)
{
  if (is_kept(matcher, candidate)) return;
  if (matcher->candidates_count == matcher->candidates_capacity) {
    matcher->candidates_capacity = 2 * matcher->candidates_capacity + 16;
    matcher->candidates = realloc(matcher->candidates, matcher->candidates_capacity * sizeof *candidate);
    if (!matcher->candidates) abort();
  }
  matcher->candidates[matcher->candidates_count++] = *candidate;
}

/** A part of the window. */
static struct slice between(const struct matcher *matcher, struct slice window, uint64_t start, uint64_t end)
{
  const uint8_t *beyond = window.bytes + window.length;
  return (struct slice){beyond - (matcher->end - start), (size_t)(end - start)};
}

/** @param position where in the stream the bytes begin */
static void follow(struct matcher *matcher, struct candidate *candidate, struct slice bytes, uint64_t position)
{
  const struct pattern *pattern = candidate->pattern;
  for (;;) {
    size_t taken = 0;
    enum verdict verdict = reading_follow(candidate->reading, pattern, &candidate->progress, bytes, &taken);
    if (verdict == UNDECIDED) keep(matcher, candidate);
    if (verdict != SPELLED) return;
    position += taken;
    spans_add(&matcher->spans, candidate->start, position, pattern->value);
    if (!reading_repeats(candidate->reading, pattern)) return;
    candidate->progress = (struct progress){.at = (uint32_t)(pattern->length - pattern->period)};
    // What follows overlaps with what is spelled, and so is one with it, but never the first of it.
    candidate->start = position - 1;
    bytes = (struct slice){bytes.bytes + taken, bytes.length - taken};
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
    struct candidate candidate = {
      .start = position,
      .pattern = &patterns->list[beginning_pattern(beginnings.list[i])],
      .reading = beginning_reading(beginnings.list[i]),
    };
    follow(matcher, &candidate, rest, position);
  }
}

/** Goes to the next place before `beyond` where a value may begin. */
static void skip(struct matcher *matcher, struct slice window, uint64_t beyond)
{
  if (matcher->position >= beyond) return;
  struct slice bytes = between(matcher, window, matcher->position, beyond);
  matcher->position += prefilter_skip(matcher->patterns->prefilter, bytes.bytes, bytes.length);
}

/** Tries all that may begin before `beyond`, and follows it as far as `stop`. */
static void search(struct matcher *matcher, struct slice window, uint64_t beyond, uint64_t stop)
{
  for (skip(matcher, window, beyond); matcher->position < beyond; skip(matcher, window, beyond)) {
    begin_at(matcher, between(matcher, window, matcher->position, stop), matcher->position);
    matcher->position++;
  }
}

/**
 * The work: a byte costs a look at the map; a beginning costs at most a step for each byte of the stretch that it is in;
 * a candidate costs a step for each byte. Of a value that repeats itself there is one candidate in each reading, but in
 * base64, and of others as many as the value has beginnings that it also ends with: 'aaab' of n bytes can have n in each
 * reading, most values one.
 */
void matcher_add(struct matcher *matcher, struct slice window, uint64_t end)
{
  uint64_t at = matcher->end, beyond = end < PREFILTER_BYTES ? 0 : end - PREFILTER_BYTES + 1;
  matcher->end = end;
  while (at < end) {
    if (matcher->candidates_count == 0) skip(matcher, window, beyond);
    if (matcher->candidates_count == 0 && matcher->position >= beyond) return;
    if (matcher->candidates_count == 0 && matcher->position > at) at = matcher->position;
    uint64_t stop = end - at > STRETCH_BYTES ? at + STRETCH_BYTES : end;
    follow_candidates(matcher, between(matcher, window, at, stop), at);
    search(matcher, window, stop < beyond ? stop : beyond, stop);
    at = stop;
  }
}

uint64_t matcher_undecided(const struct matcher *matcher, struct slice window)
{
  uint64_t first = matcher->end;
  for (uint64_t at = matcher->position; at < first; at++) {
    struct slice stub = between(matcher, window, at, matcher->end);
    if (prefilter_admits_stub(matcher->patterns->prefilter, stub.bytes, stub.length)) first = at;
  }
  for (size_t i = 0; i < matcher->candidates_count; i++)
    if (matcher->candidates[i].start < first) first = matcher->candidates[i].start;
  return first;
}

void matcher_release(struct matcher *matcher)
{
  spans_release(&matcher->spans);
  // A code point that is half spelled is of a value.
  if (matcher->candidates) explicit_bzero(matcher->candidates, matcher->candidates_capacity * sizeof *matcher->candidates);
  free(matcher->candidates);
  *matcher = (struct matcher){0};
}
