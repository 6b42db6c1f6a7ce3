// What a worker looks for: values as patterns, and how often each was found where it looked last.
#pragma once
#include "patterns.h"

/** Begins as {0}. */
struct sought {
  struct patterns patterns;
  /** By the number of the value. */
  uint32_t *counts;
  /** A value is too short to be looked for. */
  bool is_short;
};

/** Adds a value, which is copied into locked memory. */
enum failure sought_add(struct sought *sought, struct slice value, struct slice ref);

/** Forgets what was counted. */
void sought_reset(struct sought *sought);

/** Counts a value, up to what a u32 holds. */
void sought_count(struct sought *sought, size_t value);

/** How many were counted, of all values together. */
uint32_t sought_total(const struct sought *sought);

/** The ref of a value. */
struct slice sought_ref(const struct sought *sought, size_t value);

/** Wipes and forgets everything. */
void sought_release(struct sought *sought);
