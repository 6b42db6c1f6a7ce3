// Where in a stream a value may begin.
#include "prefilter.h"
#include "reading.h"
#include <assert.h>

enum {
  /** So many beginnings has a pattern, about, in all readings; the tables are made for so many. */
  BEGINNINGS_PER_PATTERN = 256,
  /** Bits of the map, and places in the table behind it, for each beginning: so few other bytes get through. */
  MAP_BITS_PER_BEGINNING = 64,
  STARTS_PER_BEGINNING = 4,
  /** However many there are: 512 KiB, and 1 MiB. */
  MAP_WORDS_MAX = 128 * 1024,
  STARTS_MAX = 256 * 1024,
  STUBS_MASK = 2 * 1024 - 1,
  PATTERNS_MAX = 1 << 28,
};

/** A walk through the spellings of all beginnings: the first counts them, the second lists them. */
struct walk {
  struct prefilter *prefilter;
  const struct pattern *pattern;
  enum reading reading;
  uint32_t beginning;
  bool is_listing;
  uint8_t bytes[PREFILTER_BYTES];
};

static uint32_t *words_of(const struct secret *secret)
{
  return (uint32_t *)(void *)secret->bytes;
}

/** Here letters alone are folded: to hold every blank back because a value may begin with NUL would be felt. */
static uint32_t stub_hash(const uint8_t *bytes, size_t length)
{
  uint32_t word = (uint32_t)length;
  for (size_t i = 0; i < length; i++)
    word = word << 8 | (bytes[i] >= 'A' && bytes[i] <= 'Z' ? bytes[i] | 0x20U : bytes[i]);
  return prefilter_scatter(word);
}

static inline uint32_t bit_of(const uint32_t *map, uint32_t mask, uint32_t hash)
{
  return map[hash & mask] >> (hash >> 27) & 1U;
}

static void set_bit(const struct secret *map, uint32_t mask, uint32_t hash)
{
  words_of(map)[hash & mask] |= 1U << (hash >> 27);
}

/** Counts go one place further on, so that their sums are where each hash's beginnings start. */
static void note(const struct walk *walk)
{
  const struct prefilter *prefilter = walk->prefilter;
  uint32_t hash = prefilter_hash(walk->bytes), *start = words_of(&prefilter->starts) + (hash & prefilter->starts_mask);
  set_bit(&prefilter->map, prefilter->map_mask, hash);
  if (walk->is_listing) words_of(&prefilter->beginnings)[start[1]++] = walk->beginning;
  else start[2]++;
}

/** Tries every byte that can come next; where letters of either case can, the lower one, since both have one hash. */
static void walk_on(struct walk *walk, struct progress before, size_t length)
{
  if (length == PREFILTER_BYTES) {
    note(walk);
    return;
  }
  if (length > 0) set_bit(&walk->prefilter->stubs, STUBS_MASK, stub_hash(walk->bytes, length));
  uint8_t next[READING_NEXT_MAX];
  size_t count = reading_next(walk->reading, walk->pattern, &before, next);
  for (size_t i = 0; i < count; i++) {
    struct progress progress = before;
    if (reading_take(walk->reading, walk->pattern, &progress, next[i]) == REFUSED) continue;
    walk->bytes[length] = next[i];
    walk_on(walk, progress, length + 1);
  }
  explicit_bzero(next, sizeof next);
}

static void walk_all(struct prefilter *prefilter, const struct pattern *patterns, size_t count, bool is_listing)
{
  struct walk walk = {.prefilter = prefilter, .is_listing = is_listing};
  for (size_t i = 0; i < count; i++)
    for (walk.reading = 0; walk.reading < READINGS; walk.reading++) {
      if (!(patterns[i].readings >> walk.reading & 1)) continue;
      walk.pattern = &patterns[i];
      walk.beginning = (uint32_t)i << 4 | walk.reading;
      walk_on(&walk, (struct progress){0}, 0);
    }
  explicit_bzero(walk.bytes, sizeof walk.bytes);
}

/** What keeps a hash below the next power of two. */
static uint32_t mask_of(size_t number, size_t most)
{
  size_t power = 1;
  while (power < number && power < most) power *= 2;
  return (uint32_t)power - 1;
}

static enum failure reserve_tables(struct prefilter *prefilter, size_t patterns)
{
  size_t beginnings = patterns * BEGINNINGS_PER_PATTERN;
  prefilter->map_mask = mask_of(beginnings * MAP_BITS_PER_BEGINNING / 32, MAP_WORDS_MAX);
  prefilter->starts_mask = mask_of(beginnings * STARTS_PER_BEGINNING, STARTS_MAX);
  enum failure failure = secret_reserve(&prefilter->map, (prefilter->map_mask + 1) * sizeof(uint32_t));
  if (!failure) failure = secret_reserve(&prefilter->starts, (prefilter->starts_mask + 3) * sizeof(uint32_t));
  return failure ? failure : secret_reserve(&prefilter->stubs, (STUBS_MASK + 1) * sizeof(uint32_t));
}

enum failure prefilter_build(struct prefilter *prefilter, const struct pattern *patterns, size_t count)
{
  assert(count < PATTERNS_MAX && READINGS <= 16);
  enum failure failure = reserve_tables(prefilter, count);
  if (failure) return failure;
  walk_all(prefilter, patterns, count, false);
  uint32_t *starts = words_of(&prefilter->starts);
  for (size_t i = 2; i <= (size_t)prefilter->starts_mask + 2; i++) starts[i] += starts[i - 1];
  failure = secret_reserve(&prefilter->beginnings, starts[prefilter->starts_mask + 2] * sizeof(uint32_t));
  if (!failure) walk_all(prefilter, patterns, count, true);
  return failure;
}

/** Positions that are looked at together, with one branch for all. */
enum { STRIDE = 4 };

static inline uint32_t admits_any(const uint32_t *map, uint32_t mask, const uint8_t *at)
{
  return bit_of(map, mask, prefilter_hash(at)) | bit_of(map, mask, prefilter_hash(at + 1)) |
    bit_of(map, mask, prefilter_hash(at + 2)) | bit_of(map, mask, prefilter_hash(at + 3));
}

size_t prefilter_skip(const struct prefilter *prefilter, const uint8_t *at, size_t length)
{
  const uint32_t *map = words_of(&prefilter->map);
  uint32_t mask = prefilter->map_mask;
  size_t i = 0;
  while (length - i >= STRIDE && !admits_any(map, mask, at + i)) i += STRIDE;
  while (i < length && !bit_of(map, mask, prefilter_hash(at + i))) i++;
  return i;
}

struct beginnings prefilter_beginnings(const struct prefilter *prefilter, uint32_t hash)
{
  const uint32_t *start = words_of(&prefilter->starts) + (hash & prefilter->starts_mask);
  return (struct beginnings){words_of(&prefilter->beginnings) + start[0], start[1] - start[0]};
}

bool prefilter_admits_stub(const struct prefilter *prefilter, const uint8_t *bytes, size_t length)
{
  return bit_of(words_of(&prefilter->stubs), STUBS_MASK, stub_hash(bytes, length));
}

void prefilter_release(struct prefilter *prefilter)
{
  secret_release(&prefilter->map);
  secret_release(&prefilter->starts);
  secret_release(&prefilter->beginnings);
  secret_release(&prefilter->stubs);
}
