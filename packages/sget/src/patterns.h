// What is looked for: values, and of those with several lines also each line, without the blanks around it.
#pragma once
#include "failures.h"
#include "secret.h"
#include <stdbool.h>

enum {
  /** A shorter value is not looked for, nor is a shorter line: too much else would look like it. */
  PATTERN_BYTES_MIN = 6,
  /** A longer value is looked for as it is, in base64 and line by line, and in no other reading. */
  PATTERN_READ_BYTES_MAX = 64 * 1024,
};

/** Bytes of a value, in locked memory; read in the ways whose bits (1 << enum reading) are set. */
struct pattern {
  const uint8_t *bytes;
  size_t length;
  /** Which value they are of. */
  size_t value;
  unsigned readings;
  /** It repeats itself after so many bytes, at least twice; 0 where it does not. */
  size_t period;
  /** Escapes of it spell code points, and else bytes. */
  bool is_utf8;
};

/** A value, and what stands in its place. */
struct known {
  /** The value, and after it the same with other line ends. */
  struct secret bytes;
  /** [sget:REF] */
  char *label;
  size_t label_length;
};

struct prefilter;

/** All that is looked for; begins as {0}. Nothing is added any more once a mask has been opened on it. */
struct patterns {
  struct known *known;
  size_t known_count;
  struct pattern *list;
  size_t count, capacity;
  /** So many bytes has the longest spelling of any of them. */
  size_t spelling_bytes_max;
  /** So many lines more are held back, for the sake of values of which no line is looked for. */
  size_t further_lines;
  /** Where they may begin; NULL until patterns_ready. */
  struct prefilter *prefilter;
};

/**
 * Adds a value. It is copied into locked memory.
 *
 * @param ref what the label names
 * @param is_covered false for a value that is too short to be looked for
 */
enum failure patterns_add(struct patterns *patterns, struct slice value, const char *ref, bool *is_covered);

/** Makes what the search needs, once, before a matcher begins; mask_open does it. */
enum failure patterns_ready(struct patterns *patterns);

/** Wipes and forgets everything. */
void patterns_release(struct patterns *patterns);
