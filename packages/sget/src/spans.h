// Where values stand in a stream: places that overlap become one. Positions count from the beginning of the stream.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
  uint64_t start, end;
  /** Of the value that begins first, and of the longest of those: where it ends, and which it is. */
  uint64_t first_end;
  size_t value;
  /** Its label has been written. */
  bool is_told;
};

/** In order, none overlapping another; those that touch are apart. */
struct spans {
  struct span *list;
  size_t count, capacity;
};

/** Adds a place where a value stands. */
void spans_add(struct spans *spans, uint64_t start, uint64_t end, size_t value);

/** Forgets what ends at or before that position. */
void spans_drop(struct spans *spans, uint64_t position);

void spans_release(struct spans *spans);
