// Looks through what a descriptor gives, without keeping any of it.
#pragma once
#include "sought.h"

/** One for a whole search. */
struct scan {
  struct sought *sought;
  /** Bytes that may still be read, and that were read. */
  uint64_t bytes_left, bytes_read;
};

enum scanned {
  /** All of it was looked at. */
  SCANNED,
  /** There is more than may be read. */
  SCAN_CUT,
  /** It could not be read. */
  SCAN_UNREADABLE,
};

void scan_begin(struct scan *scan, struct sought *sought);

/**
 * Looks through a descriptor from where it stands, at most so many bytes: what is appended meanwhile is left out. What is
 * found is counted in `sought`, up to SCAN_FOUND_MAX or some more; behind that nobody needs to look.
 */
enum failure scan_descriptor(struct scan *scan, int file, uint64_t bytes_max, enum scanned *result);
