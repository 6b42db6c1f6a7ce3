// Base64 (RFC 4648, sections 4 and 5), in either alphabet and with line breaks. Where the value does not begin or end
// with a character, the bits of its neighbours in that character do not matter. Padding is not part of it.
#include "reading.h"

enum {
  CHARACTER_BITS = 6,
  /** A break has at most so many bytes (CR LF), and so many characters lie between two. */
  BREAK_BYTES_MAX = 2,
  LINE_CHARACTERS_MIN = 16,
  NO_CHARACTER = 64,
};

static unsigned bits_of(uint8_t byte)
{
  if (byte >= 'A' && byte <= 'Z') return byte - 'A' + 0U;
  if (byte >= 'a' && byte <= 'z') return byte - 'a' + 26U;
  if (byte >= '0' && byte <= '9') return byte - '0' + 52U;
  if (byte == '+' || byte == '-') return 62;
  return byte == '/' || byte == '_' ? 63 : NO_CHARACTER;
}

/** Breaks: `phase` counts the bytes of this one, `left` the characters since the last, `high` is set by the first. */
static enum verdict take_break(struct progress *progress)
{
  bool is_new = progress->phase == 0;
  if (progress->at == 0 || progress->phase == BREAK_BYTES_MAX) return REFUSED;
  if (is_new && progress->high && progress->left < LINE_CHARACTERS_MIN) return REFUSED;
  progress->phase++;
  progress->high = 1;
  progress->left = 0;
  return UNDECIDED;
}

/** Two bytes of the value side by side, of which those before and after it are none; and which bits are the value's. */
static unsigned two_bytes(const struct pattern *pattern, size_t second, unsigned *known)
{
  bool has_first = second > 0, has_second = second < pattern->length;
  *known = (has_first ? 0xff00U : 0) | (has_second ? 0xffU : 0);
  return (has_first ? (unsigned)pattern->bytes[second - 1] << 8 : 0) | (has_second ? pattern->bytes[second] : 0U);
}

/** @param skipped how many bytes of the three that a group has come before the value */
static enum verdict take(const struct pattern *pattern, struct progress *progress, uint8_t byte, size_t skipped)
{
  if (byte == '\n' || byte == '\r') return take_break(progress);
  unsigned bits = bits_of(byte), known;
  if (bits == NO_CHARACTER) return REFUSED;
  // Counted from a byte before the value, so that nothing is negative.
  size_t first = 8 * skipped / CHARACTER_BITS;
  size_t bit = CHARACTER_BITS * (first + progress->at) - 8 * skipped + 8;
  unsigned shift = 16 - CHARACTER_BITS - bit % 8;
  unsigned expected = two_bytes(pattern, bit / 8, &known) >> shift;
  if ((expected ^ bits) & (known >> shift) & (NO_CHARACTER - 1)) return REFUSED;
  progress->at++;
  progress->phase = 0;
  if (progress->left < UINT8_MAX) progress->left++;
  return bit + CHARACTER_BITS >= 8 * pattern->length + 8 ? SPELLED : UNDECIDED;
}

enum verdict base64_take(const struct pattern *pattern, struct progress *progress, uint8_t byte)
{
  return take(pattern, progress, byte, 0);
}

enum verdict base64_second_take(const struct pattern *pattern, struct progress *progress, uint8_t byte)
{
  return take(pattern, progress, byte, 1);
}

enum verdict base64_third_take(const struct pattern *pattern, struct progress *progress, uint8_t byte)
{
  return take(pattern, progress, byte, 2);
}
