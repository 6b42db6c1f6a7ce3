// Finds where values stand in a stream, in any reading, whatever the pieces in which it comes.
#pragma once
#include "readings.h"
#include "spans.h"

/** A beginning of a value for which the input has ended too early. */
struct candidate {
  uint64_t start;
  const struct pattern *pattern;
  enum reading reading;
  struct progress progress;
};

struct matcher {
  const struct patterns *patterns;
  struct spans spans;
  struct candidate *candidates;
  size_t candidates_count, candidates_capacity;
  /** So many bytes of the stream have been looked at. */
  uint64_t position;
};

void matcher_begin(struct matcher *matcher, const struct patterns *patterns);

/** Looks at the bytes that come next in the stream. What they end is added to `spans`. */
void matcher_add(struct matcher *matcher, struct slice bytes);

/** Where the first candidate begins; the end of what has been looked at, where there is none. */
uint64_t matcher_undecided(const struct matcher *matcher);

void matcher_release(struct matcher *matcher);
