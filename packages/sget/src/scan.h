// Looks through what a descriptor gives, without keeping any of it.
#pragma once
#include "sought.h"

/** One for a whole search: its room is locked, and used again. */
struct scan {
  struct sought *sought;
  struct secret room;
  /** Bytes that may still be read, and that were read. */
  uint64_t bytes_left, bytes_read;
};

enum failure scan_begin(struct scan *scan, struct sought *sought);

enum scanned {
  /** All of it was looked at. */
  SCANNED,
  /** There is more than may be read. */
  SCAN_CUT,
  /** It could not be read. */
  SCAN_UNREADABLE,
};

/**
 * Looks through a descriptor from where it stands, at most so many bytes: what is appended meanwhile is left out. What is
 * found is counted in `sought`, up to SCAN_FOUND_MAX; behind that nobody needs to look.
 */
enum scanned scan_descriptor(struct scan *scan, int file, uint64_t bytes_max);

void scan_end(struct scan *scan);
