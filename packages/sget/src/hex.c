// Hexadecimal digits, in either case, also mixed; parted as xxd, od and lists in source code part them.
#include "reading.h"
#include <string.h>

enum {
  /** `,` LF and two blanks, in lists of a source. */
  SEPARATORS_MAX = 4,
};

/** After the first digit; after a 0 that can only begin 0x; after 0x. */
enum { FIRST = 1, ZERO, PREFIX };

static bool is_separator(uint8_t byte)
{
  return byte && strchr(" \t\r\n,:-", byte);
}

static enum verdict go_on(struct progress *progress, uint8_t phase)
{
  progress->phase = phase;
  return UNDECIDED;
}

/** Between bytes; `left` counts what parts them, `high` is set by 0x. */
static enum verdict take_first(struct progress *progress, unsigned digit, unsigned expected)
{
  if (digit == expected) return go_on(progress, FIRST);
  return digit == 0 && progress->at > 0 && !progress->high ? go_on(progress, ZERO) : REFUSED;
}

static enum verdict take_prefix(struct progress *progress, uint8_t byte)
{
  if ((byte != 'x' && byte != 'X') || progress->high || progress->at == 0) return REFUSED;
  progress->high = 1;
  return go_on(progress, PREFIX);
}

enum verdict hex_take(const struct pattern *pattern, struct progress *progress, uint8_t byte)
{
  uint8_t expected = pattern->bytes[progress->at];
  unsigned digit = reading_digit(byte);
  switch (progress->phase) {
  case FIRST:
    if (digit == (expected & 15)) return reading_advance(pattern, progress, 1);
    return expected >> 4 == 0 ? take_prefix(progress, byte) : REFUSED;
  case ZERO: return take_prefix(progress, byte);
  case PREFIX: return take_first(progress, digit, expected >> 4);
  default:
    if (!is_separator(byte)) return take_first(progress, digit, expected >> 4);
    if (progress->at == 0 || progress->left == SEPARATORS_MAX) return REFUSED;
    progress->left++;
    return UNDECIDED;
  }
}
