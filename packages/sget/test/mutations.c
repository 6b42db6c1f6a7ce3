// Feeds the decoder mutations of the frame vectors, under the sanitizers: whatever comes, it is refused or understood.
#include "blocks.h"
#include "canonical.h"
#include <stdlib.h>
#include <string.h>

enum { MUTATIONS_PER_VECTOR = 2000, EDITS_MAX = 4 };

/** xorshift: the same mutations in every run. */
static uint32_t random_number(void)
{
  static uint32_t state = 2463534242u;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

static size_t below(size_t limit)
{
  return limit > 0 ? random_number() % limit : 0;
}

static const uint8_t telling[] = {0x00, 0x01, 0x02, 0x05, 0x7f, 0x80, 0x8e, 0xc0, 0xf4, 0xff};

static size_t double_a_piece(uint8_t *bytes, size_t length, size_t capacity)
{
  size_t room = capacity - length;
  size_t piece = below((room < length ? room : length) + 1);
  memmove(bytes + length, bytes + below(length - piece + 1), piece);
  return length + piece;
}

/** One of: a bit, a telling byte, the end cut off, a piece doubled. Returns the new length. */
static size_t edit(uint8_t *bytes, size_t length, size_t capacity)
{
  size_t at = below(length);
  if (length == 0) return 0;
  switch (random_number() % 4) {
  case 0: bytes[at] ^= (uint8_t)(1u << below(8)); return length;
  case 1: bytes[at] = telling[below(sizeof telling)]; return length;
  case 2: return at;
  default: return double_a_piece(bytes, length, capacity);
  }
}

/** A copy of its own size, so that reading one byte beyond it is an error. */
static void decode_exactly(FILE *out, const uint8_t *bytes, size_t length)
{
  uint8_t *copy = malloc(length > 0 ? length : 1);
  if (!copy) abort();
  memcpy(copy, bytes, length);
  canonical_frame(out, (struct slice){copy, length});
  free(copy);
}

static void mutate(FILE *out, const struct block *block)
{
  size_t capacity = block->length + 64;
  uint8_t *bytes = malloc(capacity);
  if (!bytes) abort();
  for (int i = 0; i < MUTATIONS_PER_VECTOR; i++) {
    size_t length = block->length;
    memcpy(bytes, block->bytes, length);
    for (size_t edits = 1 + below(EDITS_MAX); edits > 0; edits--) length = edit(bytes, length, capacity);
    decode_exactly(out, bytes, length);
  }
  free(bytes);
}

int main(int count, char **files)
{
  unsigned mutations = 0;
  FILE *out = fopen("/dev/null", "w");
  if (!out) abort();
  for (int i = 1; i < count; i++) {
    struct blocks *blocks = blocks_open(files[i]);
    struct block block;
    while (blocks_next(blocks, &block)) {
      // A long vector shows no more than a short one, and costs a thousand times as much.
      if (block.length < 4096) mutate(out, &block);
      mutations += block.length < 4096 ? MUTATIONS_PER_VECTOR : 0;
      block_free(&block);
    }
    blocks_close(blocks);
  }
  fclose(out);
  printf("%u mutations survived\n", mutations);
  return mutations == 0;
}
