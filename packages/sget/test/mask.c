// Masks streams as scripts tell: the tests' hand on the mask. Standard input holds scripts, numbers big endian:
//
//   u8 kind of output, u16 values, each u32 length, bytes, u16 length, ref; u16 streams, each u32 pieces, each u32
//   milliseconds that pass before it, u32 length, bytes.
//
// Standard output has for each stream what each piece released and what the end did, each as u32 length and bytes.
#include "../src/mask.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void demand(bool condition)
{
  if (!condition) abort();
}

/** All of standard input. */
static struct reader read_script(void)
{
  size_t length = 0, capacity = 1 << 20;
  uint8_t *bytes = malloc(capacity);
  demand(bytes);
  for (size_t got; (got = fread(bytes + length, 1, capacity - length, stdin)) > 0;) {
    length += got;
    if (length == capacity) bytes = realloc(bytes, capacity *= 2);
    demand(bytes);
  }
  return (struct reader){bytes, length};
}

static size_t read_number(struct reader *script, size_t width)
{
  uint64_t number;
  demand(reader_number(script, width, &number));
  return number;
}

static struct slice read_counted(struct reader *script, size_t width)
{
  struct slice bytes;
  demand(reader_counted(script, width, &bytes));
  return bytes;
}

static void read_values(struct reader *script, struct patterns *patterns)
{
  for (size_t count = read_number(script, 2); count > 0; count--) {
    struct slice value = read_counted(script, 4), ref = read_counted(script, 2);
    char name[64] = {0};
    bool is_covered;
    demand(ref.length < sizeof name);
    memcpy(name, ref.bytes, ref.length);
    demand(patterns_add(patterns, value, name, &is_covered) == OK);
    demand(is_covered == (value.length >= PATTERN_BYTES_MIN));
  }
}

/** What one step has released. */
struct text {
  uint8_t *bytes;
  size_t length, capacity;
};

/** Takes what may go, in pieces, as a full pipe would have it. */
static void drain(struct mask *mask, struct text *text)
{
  struct slice piece;
  while (mask_next(mask, &piece)) {
    size_t count = piece.length > 3 ? piece.length / 2 : piece.length;
    if (text->capacity - text->length < count) {
      text->capacity = 2 * text->capacity + count;
      text->bytes = realloc(text->bytes, text->capacity);
      demand(text->bytes);
    }
    memcpy(text->bytes + text->length, piece.bytes, count);
    text->length += count;
    mask_taken(mask, count);
  }
}

static void add_bytes(struct mask *mask, struct slice bytes, uint64_t now_ms, struct text *text)
{
  if (bytes.length == 0) mask_look(mask, now_ms);
  while (bytes.length > 0) {
    uint8_t *at;
    size_t room;
    demand(mask_room(mask, &at, &room) == OK && room > 0);
    size_t count = room < bytes.length ? room : bytes.length;
    memcpy(at, bytes.bytes, count);
    mask_add(mask, count, now_ms);
    drain(mask, text);
    bytes = (struct slice){bytes.bytes + count, bytes.length - count};
  }
  drain(mask, text);
}

static void write_step(struct text *text)
{
  for (int shift = 24; shift >= 0; shift -= 8) putchar((int)(text->length >> shift & 255));
  fwrite(text->bytes, 1, text->length, stdout);
  text->length = 0;
}

static void mask_stream(struct reader *script, struct patterns *patterns, enum output output, struct text *text)
{
  struct mask mask;
  uint64_t now_ms = 0;
  demand(mask_open(&mask, patterns, output) == OK);
  for (size_t pieces = read_number(script, 4); pieces > 0; pieces--) {
    now_ms += read_number(script, 4);
    add_bytes(&mask, read_counted(script, 4), now_ms, text);
    write_step(text);
  }
  mask_end(&mask);
  drain(&mask, text);
  write_step(text);
  mask_close(&mask);
}

int main(void)
{
  struct reader script = read_script();
  struct text text = {malloc(1), 0, 1};
  while (script.left > 0) {
    struct patterns patterns = {0};
    enum output output = (enum output)read_number(&script, 1);
    read_values(&script, &patterns);
    for (size_t streams = read_number(&script, 2); streams > 0; streams--)
      mask_stream(&script, &patterns, output, &text);
    patterns_release(&patterns);
  }
  free(text.bytes);
  return 0;
}
