// Where in a stream a value may begin.
#include "prefilter.h"
#include "reading.h"

enum {
  /** Bits of the map for each beginning, at least: so few other bytes get through. */
  MAP_BITS_PER_BEGINNING = 64,
  MAP_LOG_MIN = 12,
  MAP_LOG_MAX = 22,
  /** Two heads for each beginning. */
  HEADS_LOG_MAX = 18,
  STUBS_LOG = 16,
};

/** A walk through the spellings of one beginning. */
struct walk {
  struct prefilter *prefilter;
  const struct pattern *pattern;
  struct beginning beginning;
  uint8_t bytes[PREFILTER_BYTES];
  enum failure failure;
};

static struct beginning *beginnings_of(const struct prefilter *prefilter)
{
  return (struct beginning *)(void *)prefilter->beginnings.bytes;
}

static uint32_t *heads_of(const struct prefilter *prefilter)
{
  return (uint32_t *)(void *)prefilter->heads.bytes;
}

static uint32_t stub_bit(const uint8_t *bytes, size_t length)
{
  uint8_t word[PREFILTER_BYTES] = {0};
  memcpy(word, bytes, length);
  word[PREFILTER_BYTES - 1] = (uint8_t)length;
  return prefilter_hash(word) >> (32 - STUBS_LOG);
}

static void set_bit(struct secret *map, uint32_t bit)
{
  map->bytes[bit / 8] = (uint8_t)(map->bytes[bit / 8] | 1U << bit % 8);
}

static void note(struct walk *walk)
{
  struct secret *all = &walk->prefilter->beginnings;
  if (all->capacity - all->length < sizeof walk->beginning) {
    walk->failure = secret_reserve(all, all->capacity + all->capacity / 2 + 1);
    if (walk->failure) return;
  }
  walk->beginning.next = prefilter_hash(walk->bytes);
  memcpy(all->bytes + all->length, &walk->beginning, sizeof walk->beginning);
  all->length += sizeof walk->beginning;
}

static void walk_on(struct walk *walk, struct progress progress, size_t length);

static void walk_with(struct walk *walk, struct progress progress, size_t length, uint8_t byte)
{
  if (walk->failure || reading_take(walk->beginning.reading, walk->pattern, &progress, byte) == REFUSED) return;
  walk->bytes[length] = byte;
  walk_on(walk, progress, length + 1);
}

/** Tries every byte that can come next; where letters of either case can, the lower one, since both have one hash. */
static void walk_on(struct walk *walk, struct progress progress, size_t length)
{
  if (length > 0 && length < PREFILTER_BYTES) set_bit(&walk->prefilter->stubs, stub_bit(walk->bytes, length));
  if (length == PREFILTER_BYTES) {
    note(walk);
    return;
  }
  struct slice alphabet = reading_alphabet(walk->beginning.reading);
  for (size_t i = 0; i < alphabet.length; i++) walk_with(walk, progress, length, alphabet.bytes[i]);
  uint8_t own = walk->pattern->bytes[progress.at];
  if (!memchr(alphabet.bytes, own, alphabet.length)) walk_with(walk, progress, length, own);
}

static enum failure collect(struct prefilter *prefilter, const struct pattern *patterns, size_t count)
{
  struct walk walk = {.prefilter = prefilter};
  for (size_t i = 0; i < count; i++)
    for (unsigned reading = 0; reading < READINGS; reading++) {
      if (!(patterns[i].readings >> reading & 1)) continue;
      walk.pattern = &patterns[i];
      walk.beginning.pattern = (unsigned)i & 0xfffffffU;
      walk.beginning.reading = reading & 15U;
      walk_on(&walk, (struct progress){0}, 0);
    }
  explicit_bzero(walk.bytes, sizeof walk.bytes);
  return walk.failure;
}

/** The least power of two, of those from `least` to `most`, that is no less than a number. */
static unsigned log_of(size_t number, unsigned least, unsigned most)
{
  while (least < most && (size_t)1 << least < number) least++;
  return least;
}

/** Where the walks of one pattern in one reading end alike, the second is left out: they follow each other. */
static void link_beginning(struct prefilter *prefilter, uint32_t index)
{
  struct beginning *all = beginnings_of(prefilter), *one = &all[index];
  uint32_t hash = one->next, *head = &heads_of(prefilter)[hash >> prefilter->heads_shift];
  set_bit(&prefilter->map, hash >> prefilter->map_shift);
  one->next = *head;
  const struct beginning *before = *head ? &all[*head - 1] : NULL;
  if (!before || before->pattern != one->pattern || before->reading != one->reading) *head = index + 1;
}

enum failure prefilter_build(struct prefilter *prefilter, const struct pattern *patterns, size_t count)
{
  enum failure failure = secret_reserve(&prefilter->stubs, (1U << STUBS_LOG) / 8);
  if (!failure) failure = secret_reserve(&prefilter->beginnings, count * READINGS * sizeof(struct beginning));
  if (!failure) failure = collect(prefilter, patterns, count);
  if (failure) return failure;
  size_t beginnings = prefilter->beginnings.length / sizeof(struct beginning);
  unsigned map_log = log_of(beginnings * MAP_BITS_PER_BEGINNING, MAP_LOG_MIN, MAP_LOG_MAX);
  unsigned heads_log = log_of(beginnings * 2, 1, HEADS_LOG_MAX);
  prefilter->map_shift = 32 - map_log;
  prefilter->heads_shift = 32 - heads_log;
  failure = secret_reserve(&prefilter->map, ((size_t)1 << map_log) / 8);
  if (!failure) failure = secret_reserve(&prefilter->heads, sizeof(uint32_t) << heads_log);
  for (size_t i = 0; !failure && i < beginnings; i++) link_beginning(prefilter, (uint32_t)i);
  return failure;
}

const struct beginning *prefilter_first(const struct prefilter *prefilter, uint32_t hash)
{
  uint32_t head = heads_of(prefilter)[hash >> prefilter->heads_shift];
  return head ? &beginnings_of(prefilter)[head - 1] : NULL;
}

const struct beginning *prefilter_next(const struct prefilter *prefilter, const struct beginning *beginning)
{
  return beginning->next ? &beginnings_of(prefilter)[beginning->next - 1] : NULL;
}

bool prefilter_admits_stub(const struct prefilter *prefilter, const uint8_t *bytes, size_t length)
{
  uint32_t bit = stub_bit(bytes, length);
  return prefilter->stubs.bytes[bit / 8] >> (bit % 8) & 1;
}

void prefilter_release(struct prefilter *prefilter)
{
  secret_release(&prefilter->map);
  secret_release(&prefilter->heads);
  secret_release(&prefilter->beginnings);
  secret_release(&prefilter->stubs);
}
