// Masks a stream as a script tells: the property test's hand on the mask. Standard input holds the script, big endian:
//
//   u8 kind of output, u16 values, each u32 length, bytes, u16 length, ref; then streams until the end: u32 pieces, each
//   u32 milliseconds that pass before it, u32 length, bytes. Standard output has, for each stream, what each piece
//   released and what the end did, each as u32 length and bytes.
#include "../src/mask.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void demand(bool condition)
{
  if (!condition) abort();
}

static size_t read_number(size_t width)
{
  size_t number = 0;
  for (size_t i = 0; i < width; i++) {
    int byte = getchar();
    demand(byte != EOF);
    number = number << 8 | (size_t)byte;
  }
  return number;
}

/** Bytes in memory of their own, so that a look beyond them is an error. */
static uint8_t *read_counted(size_t width, size_t *length)
{
  *length = read_number(width);
  uint8_t *bytes = malloc(*length + 1);
  demand(bytes && fread(bytes, 1, *length, stdin) == *length);
  bytes[*length] = 0;
  return bytes;
}

static void read_values(struct patterns *patterns)
{
  for (size_t count = read_number(2); count > 0; count--) {
    size_t length, ref_length;
    uint8_t *value = read_counted(4, &length), *ref = read_counted(2, &ref_length);
    bool is_covered;
    demand(patterns_add(patterns, (struct slice){value, length}, (char *)ref, &is_covered) == OK);
    demand(is_covered == (length >= PATTERN_BYTES_MIN));
    free(value);
    free(ref);
  }
}

/** Writes what may go, in pieces, as a full pipe would have it. */
static void drain(struct mask *mask, FILE *out)
{
  struct slice piece;
  while (mask_next(mask, &piece)) {
    size_t count = piece.length > 3 ? piece.length / 2 : piece.length;
    fwrite(piece.bytes, 1, count, out);
    mask_taken(mask, count);
  }
}

static void add_bytes(struct mask *mask, struct slice bytes, uint64_t now_ms, FILE *out)
{
  if (bytes.length == 0) mask_look(mask, now_ms);
  while (bytes.length > 0) {
    uint8_t *at;
    size_t room;
    demand(mask_room(mask, &at, &room) == OK && room > 0);
    size_t count = room < bytes.length ? room : bytes.length;
    memcpy(at, bytes.bytes, count);
    mask_add(mask, count, now_ms);
    drain(mask, out);
    bytes = (struct slice){bytes.bytes + count, bytes.length - count};
  }
  drain(mask, out);
}

/** One counted text: what came of further bytes, or where there are none (`bytes.bytes` is NULL), of the end. */
static void write_step(struct mask *mask, struct slice bytes, uint64_t now_ms)
{
  char *text = NULL;
  size_t length = 0;
  FILE *out = open_memstream(&text, &length);
  demand(out != NULL);
  if (bytes.bytes) add_bytes(mask, bytes, now_ms, out);
  else mask_end(mask);
  drain(mask, out);
  fclose(out);
  for (int shift = 24; shift >= 0; shift -= 8) putchar((int)(length >> shift & 255));
  fwrite(text, 1, length, stdout);
  free(text);
}

static void mask_stream(const struct patterns *patterns, enum output output, size_t pieces)
{
  struct mask mask;
  uint64_t now_ms = 0;
  demand(mask_open(&mask, patterns, output) == OK);
  for (; pieces > 0; pieces--) {
    size_t length;
    now_ms += read_number(4);
    uint8_t *bytes = read_counted(4, &length);
    write_step(&mask, (struct slice){bytes, length}, now_ms);
    free(bytes);
  }
  write_step(&mask, (struct slice){NULL, 0}, now_ms);
  mask_close(&mask);
}

int main(void)
{
  struct patterns patterns = {0};
  enum output output = (enum output)read_number(1);
  read_values(&patterns);
  for (int next; (next = getchar()) != EOF;) {
    ungetc(next, stdin);
    mask_stream(&patterns, output, read_number(4));
  }
  patterns_release(&patterns);
  return 0;
}
