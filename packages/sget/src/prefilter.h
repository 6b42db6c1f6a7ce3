// Where in a stream a value may begin, told by four bytes: from every spelling of every beginning, a bit in a map, and
// behind it which pattern in which reading it is. The map is small enough for the processor's cache.
#pragma once
#include "readings.h"
#include <string.h>

enum {
  /** So many bytes are looked at; no spelling of a pattern is shorter. */
  PREFILTER_BYTES = 4,
};

/** A pattern that may begin here, in one reading. */
struct beginning {
  /** One more than the index of the next one, or 0. While they are collected, the hash. */
  uint32_t next;
  uint32_t pattern : 28, reading : 4;
};

/** Begins as {0}. All of it says something of the values' first bytes, and so lies in locked memory. */
struct prefilter {
  /** A bit for each hash of four bytes. */
  struct secret map;
  /** For the first bits of a hash, one more than the index of its first beginning; and the beginnings. */
  struct secret heads, beginnings;
  /** A bit for each hash of one, two or three bytes with which a value may begin. */
  struct secret stubs;
  unsigned map_shift, heads_shift;
};

/** Looks through all readings of all patterns. */
enum failure prefilter_build(struct prefilter *prefilter, const struct pattern *patterns, size_t count);

void prefilter_release(struct prefilter *prefilter);

/** The hash of four bytes; letters of either case have one. */
static inline uint32_t prefilter_hash(const uint8_t *at)
{
  uint32_t word;
  memcpy(&word, at, sizeof word);
  // 2^32 divided by the golden ratio, as in Knuth's multiplicative hashing: the upper bits depend on all bytes.
  return (word | 0x20202020U) * 0x9e3779b1U;
}

/** Whether a value may begin with bytes of this hash. */
static inline bool prefilter_admits(const struct prefilter *prefilter, uint32_t hash)
{
  uint32_t bit = hash >> prefilter->map_shift;
  return prefilter->map.bytes[bit / 8] >> (bit % 8) & 1;
}

/** The first pattern that may begin with bytes of this hash, or NULL. */
const struct beginning *prefilter_first(const struct prefilter *prefilter, uint32_t hash);

const struct beginning *prefilter_next(const struct prefilter *prefilter, const struct beginning *beginning);

/** Whether a value may begin with these bytes, of which there are fewer than four. May say yes where none does. */
bool prefilter_admits_stub(const struct prefilter *prefilter, const uint8_t *bytes, size_t length);
