// Finds where values stand in a stream, in any reading, whatever the pieces in which it comes.
#pragma once
#include "readings.h"
#include "spans.h"

/** A beginning of a value for which the input has ended too early. */
struct candidate {
  /** Where it begins; where a value that repeats itself has been spelled already, the last byte of that. */
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
  /** Where beginnings have not been looked for yet: fewer than four bytes before the end. */
  uint64_t position;
  /** Where the stream ends so far; candidates have been followed up to here. */
  uint64_t end;
};

void matcher_begin(struct matcher *matcher, const struct patterns *patterns);

/**
 * Looks at what has come. What it ends is added to `spans`.
 *
 * @param window the newest bytes of the stream, from `position` on at least
 */
void matcher_add(struct matcher *matcher, struct slice window, uint64_t end);

/** Where the first candidate begins, or what may become one; the end of the stream, where there is none. */
uint64_t matcher_undecided(const struct matcher *matcher, struct slice window);

void matcher_release(struct matcher *matcher);
