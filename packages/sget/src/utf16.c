// UTF-16 (RFC 2781) in either byte order; a value that is not UTF-8 has each byte as a code point.
#include "reading.h"

enum { FIRST_HIGH = 0xd800, FIRST_LOW = 0xdc00, FIRST_BEYOND = 0x10000 };

/** One of the two or four bytes of a code point, in big endian order; `left` counts them. */
static uint8_t byte_of(uint32_t point, size_t index)
{
  uint32_t unit = point;
  if (point >= FIRST_BEYOND) {
    uint32_t rest = point - FIRST_BEYOND;
    unit = index < 2 ? FIRST_HIGH + (rest >> 10) : FIRST_LOW + (rest & 0x3ff);
  }
  return (uint8_t)(index % 2 ? unit : unit >> 8);
}

static enum verdict take(const struct pattern *pattern, struct progress *progress, uint8_t byte, unsigned swapped)
{
  uint32_t point;
  size_t width = reading_point(pattern, progress->at, &point);
  if (byte != byte_of(point, progress->left ^ swapped)) return REFUSED;
  progress->left++;
  bool is_whole = progress->left == (point >= FIRST_BEYOND ? 4 : 2);
  return is_whole ? reading_advance(pattern, progress, width) : UNDECIDED;
}

enum verdict utf16le_take(const struct pattern *pattern, struct progress *progress, uint8_t byte)
{
  return take(pattern, progress, byte, 1);
}

enum verdict utf16be_take(const struct pattern *pattern, struct progress *progress, uint8_t byte)
{
  return take(pattern, progress, byte, 0);
}
