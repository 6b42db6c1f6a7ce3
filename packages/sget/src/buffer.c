// Bounded reading and writing of big-endian bytes.
#include "buffer.h"
#include "limits.h"
#include <string.h>

bool reader_bytes(struct reader *from, size_t length, struct slice *bytes)
{
  if (from->left < length) return false;
  *bytes = (struct slice){from->at, length};
  from->at += length;
  from->left -= length;
  return true;
}

bool reader_number(struct reader *from, size_t width, uint64_t *number)
{
  struct slice digits;
  if (!reader_bytes(from, width, &digits)) return false;
  *number = 0;
  for (size_t i = 0; i < width; i++) *number = *number << 8 | digits.bytes[i];
  return true;
}

bool reader_counted(struct reader *from, size_t width, struct slice *bytes)
{
  struct reader ahead = *from;
  uint64_t length;
  if (!reader_number(&ahead, width, &length) || !reader_bytes(&ahead, length, bytes)) return false;
  *from = ahead;
  return true;
}

void writer_bytes(struct writer *into, const void *bytes, size_t length)
{
  if (into->full || into->capacity - into->length < length) {
    into->full = true;
    return;
  }
  if (length > 0) memcpy(into->bytes + into->length, bytes, length);
  into->length += length;
}

void writer_number(struct writer *into, size_t width, uint64_t number)
{
  uint8_t digits[8];
  for (size_t i = 0; i < width; i++) digits[i] = (uint8_t)(number >> 8 * (width - 1 - i));
  writer_bytes(into, digits, width);
}

void writer_text(struct writer *into, const char *text)
{
  size_t length = text ? strlen(text) : 0;
  if (length > TEXT_BYTES_MAX) into->full = true;
  writer_number(into, 2, length);
  writer_bytes(into, text, length);
}

void writer_number_at(struct writer *into, size_t at, size_t width, uint64_t number)
{
  struct writer over = {into->bytes + at, width, 0, false};
  writer_number(&over, width, number);
}

struct slice slice_of(const char *text)
{
  return (struct slice){(const uint8_t *)text, strlen(text)};
}

bool slice_equals(struct slice slice, const char *text)
{
  return slice.length == strlen(text) && memcmp(slice.bytes, text, slice.length) == 0;
}
