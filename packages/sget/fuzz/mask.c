// Any values in any stream, also written in any way that the readings allow: what comes out is what a search byte by byte
// says, whatever the pieces, and holds no value.
//
// The first byte chooses how many values there are and to whom they go; each has a length and bytes; then comes the stream,
// in which 0xff, a number and a number stand for a value, spelled as the numbers say.
#define _GNU_SOURCE
#include "../src/mask.h"
#include "../src/reading.h"
#include "fuzz.h"
#include <string.h>

enum { VALUES_MAX = 3, VALUE_BYTES = 40, STREAM_BYTES = 8 * 1024, OUTPUT_BYTES = 4 * STREAM_BYTES };

static const char *const refs[VALUES_MAX] = {"a/a", "b/b#b", "c/c"};

static struct text {
  uint8_t bytes[OUTPUT_BYTES];
  size_t length;
} expected;

static void append(struct text *text, const uint8_t *bytes, size_t length)
{
  must(length <= OUTPUT_BYTES - text->length);
  memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
}

static unsigned next_number(struct reader *from)
{
  uint64_t number = 0;
  reader_number(from, 1, &number);
  return (unsigned)number;
}

static void read_values(struct reader *from, struct patterns *patterns, unsigned count)
{
  for (unsigned i = 0; i < count; i++) {
    size_t length = next_number(from) % VALUE_BYTES;
    struct slice value = {from->at, 0};
    bool is_covered;
    reader_bytes(from, length < from->left ? length : from->left, &value);
    must(patterns_add(patterns, value, refs[i], &is_covered) == OK);
    must(is_covered == (value.length >= PATTERN_BYTES_MIN));
  }
}

/** Goes through a reading as numbers choose, and writes what it takes. */
static void spell(const struct pattern *pattern, enum reading reading, unsigned seed, struct text *stream)
{
  struct progress progress = {0};
  enum verdict verdict = UNDECIDED;
  while (verdict == UNDECIDED && stream->length < STREAM_BYTES) {
    uint8_t next[READING_NEXT_MAX], byte;
    size_t count = reading_next(reading, pattern, &progress, next), tries = 0;
    struct progress after;
    do {
      seed = seed * 1103515245 + 12345;
      byte = next[(seed >> 16) % count];
      if (seed >> 30 == 0 && byte >= 'a' && byte <= 'f') byte = (uint8_t)(byte - 'a' + 'A');
      after = progress;
    } while ((verdict = reading_take(reading, pattern, &after, byte)) == REFUSED && ++tries < 10 * READING_NEXT_MAX);
    if (verdict != REFUSED) append(stream, &byte, 1);
    progress = after;
  }
}

static void read_stream(struct reader *from, const struct patterns *patterns, struct text *stream)
{
  while (from->left > 0 && stream->length < STREAM_BYTES) {
    uint8_t byte = (uint8_t)next_number(from);
    if (byte != 0xff || patterns->count == 0) {
      append(stream, &byte, 1);
      continue;
    }
    unsigned choice = next_number(from), seed = next_number(from);
    const struct pattern *pattern = &patterns->list[choice / READINGS % patterns->count];
    spell(pattern, choice % READINGS, seed, stream);
  }
}

/** Where a pattern is spelled from a place on, the whole of it; else 0. */
static size_t spelled_at(const struct pattern *pattern, enum reading reading, const struct text *stream, size_t start)
{
  struct progress progress = {0};
  for (size_t i = start; i < stream->length; i++) {
    enum verdict verdict = reading_take(reading, pattern, &progress, stream->bytes[i]);
    if (verdict == SPELLED) return i + 1;
    if (verdict == REFUSED) break;
  }
  return 0;
}

static void search(const struct patterns *patterns, const struct text *stream, struct spans *spans)
{
  for (size_t start = 0; start < stream->length; start++)
    for (size_t i = 0; i < patterns->count; i++)
      for (unsigned reading = 0; reading < READINGS; reading++) {
        size_t end = spelled_at(&patterns->list[i], reading, stream, start);
        if (end > 0) spans_add(spans, start, end, patterns->list[i].value);
        must(end <= start + patterns->spelling_bytes_max);
      }
}

/** Nothing of a value is left between the places where there was one. */
static void append_rest(const struct patterns *patterns, const uint8_t *bytes, size_t length)
{
  for (size_t i = 0; i < patterns->count; i++)
    must(!memmem(bytes, length, patterns->list[i].bytes, patterns->list[i].length));
  append(&expected, bytes, length);
}

static void expect(const struct patterns *patterns, const struct text *stream)
{
  struct spans spans = {0};
  size_t at = 0;
  expected.length = 0;
  search(patterns, stream, &spans);
  for (size_t i = 0; i < spans.count; i++) {
    const struct known *known = &patterns->known[spans.list[i].value];
    append_rest(patterns, stream->bytes + at, spans.list[i].start - at);
    append(&expected, (const uint8_t *)known->label, known->label_length);
    at = spans.list[i].end;
  }
  append_rest(patterns, stream->bytes + at, stream->length - at);
  spans_release(&spans);
}

static void drain(struct mask *mask, struct text *output)
{
  struct slice piece;
  while (mask_next(mask, &piece)) {
    append(output, piece.bytes, piece.length);
    mask_taken(mask, piece.length);
  }
}

/** Time stands still, so that all that is released is decided. */
static void check(struct patterns *patterns, const struct text *stream, enum output kind, size_t piece)
{
  static struct text output;
  struct mask mask;
  must(mask_open(&mask, patterns, kind) == OK);
  output.length = 0;
  for (size_t at = 0; at < stream->length; at += piece) {
    size_t room, left = stream->length - at, count = left < piece ? left : piece;
    uint8_t *into;
    must(mask_room(&mask, &into, &room) == OK && room >= count);
    memcpy(into, stream->bytes + at, count);
    mask_add(&mask, count, 0);
    drain(&mask, &output);
  }
  mask_end(&mask);
  drain(&mask, &output);
  mask_close(&mask);
  must(output.length == expected.length && memcmp(output.bytes, expected.bytes, output.length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
  static struct text stream;
  struct patterns patterns = {0};
  struct reader from = {bytes, length};
  unsigned choice = next_number(&from);
  stream.length = 0;
  read_values(&from, &patterns, choice % VALUES_MAX + 1);
  read_stream(&from, &patterns, &stream);
  expect(&patterns, &stream);
  check(&patterns, &stream, choice / VALUES_MAX % 4, STREAM_BYTES);
  check(&patterns, &stream, (choice / VALUES_MAX + 1) % 4, 1);
  check(&patterns, &stream, OUTPUT_PROMPT, 2 + choice % 13);
  patterns_release(&patterns);
  return 0;
}
