// Bounded reading and writing of big-endian bytes. A getter that fails consumes nothing.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes that somebody else owns. */
struct slice {
  const uint8_t *bytes;
  size_t length;
};

struct reader {
  const uint8_t *at;
  size_t left;
};

/** Bytes up to `capacity`; `full` is set, and stays, once something did not fit. */
struct writer {
  uint8_t *bytes;
  size_t capacity;
  size_t length;
  bool full;
};

/** The next `length` bytes, where they lie. */
bool reader_bytes(struct reader *from, size_t length, struct slice *bytes);

/** An unsigned number of 1, 2, 4 or 8 bytes. */
bool reader_number(struct reader *from, size_t width, uint64_t *number);

/** Bytes after their length, which has 2 bytes (text) or 4 (secret). */
bool reader_counted(struct reader *from, size_t width, struct slice *bytes);

void writer_bytes(struct writer *into, const void *bytes, size_t length);
void writer_number(struct writer *into, size_t width, uint64_t number);

/** A text field: u16 length and bytes; NULL counts as empty. */
void writer_text(struct writer *into, const char *text);

/** Puts a number over one that was written before. */
void writer_number_at(struct writer *into, size_t at, size_t width, uint64_t number);

/** What a C string points to, without its NUL. */
struct slice slice_of(const char *text);

bool slice_equals(struct slice slice, const char *text);
