// Where in a stream a value may begin, told by four bytes: from every spelling of every beginning, a bit in a map, and
// behind it which pattern in which reading it is. The map is small enough for the processor's cache.
#pragma once
#include "readings.h"
#include <string.h>

enum {
  /** So many bytes are looked at; no spelling of a pattern is shorter. */
  PREFILTER_BYTES = 4,
};

/** Begins as {0}. All of it says something of the values' first bytes, and so lies in locked memory. */
struct prefilter {
  /** Words of 32 bits: the lower bits of a hash choose the word, its upper five the bit. */
  struct secret map;
  /** For the lower bits of a hash, where its beginnings start in their list; they end where the next ones start. */
  struct secret starts;
  /** Which patterns may begin so, each in one reading: 16 times its index, and the reading. */
  struct secret beginnings;
  /** A bit for each hash of one, two or three bytes with which a value may begin. */
  struct secret stubs;
  uint32_t map_mask, starts_mask;
};

/** Looks through all readings of all patterns. */
enum failure prefilter_build(struct prefilter *prefilter, const struct pattern *patterns, size_t count);

void prefilter_release(struct prefilter *prefilter);

/** 2^64 divided by the golden ratio, as in Knuth's multiplicative hashing: the upper half depends on all bits. */
static inline uint32_t prefilter_scatter(uint32_t word)
{
  return (uint32_t)(word * 0x9e3779b97f4a7c15U >> 32);
}

/** The hash of four bytes; letters of either case have one. */
static inline uint32_t prefilter_hash(const uint8_t *at)
{
  uint32_t word;
  memcpy(&word, at, sizeof word);
  return prefilter_scatter(word | 0x20202020U);
}

/** How many bytes from `at` on, of which it looks at three more, can be passed over: no value begins with any of them. */
size_t prefilter_skip(const struct prefilter *prefilter, const uint8_t *at, size_t length);

/** What may begin with bytes of a hash; some of it may not. */
struct beginnings {
  const uint32_t *list;
  size_t count;
};

struct beginnings prefilter_beginnings(const struct prefilter *prefilter, uint32_t hash);

static inline size_t beginning_pattern(uint32_t beginning)
{
  return beginning >> 4;
}

static inline enum reading beginning_reading(uint32_t beginning)
{
  return beginning & 15;
}

/** Whether a value may begin with these bytes, of which there are fewer than four. May say yes where none does. */
bool prefilter_admits_stub(const struct prefilter *prefilter, const uint8_t *bytes, size_t length);
