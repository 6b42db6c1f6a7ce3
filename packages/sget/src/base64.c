// Base64 (RFC 4648, sections 4 and 5), in either alphabet and with line breaks. Where the value does not begin or end
// with a character, the bits of its neighbours in that character do not matter. Padding is not part of it.
#include "reading.h"

enum {
  CHARACTER_BITS = 6,
  CHARACTERS = 64,
  /** Between two line breaks. */
  LINE_CHARACTERS_MIN = 16,
};

/** After the CR, and after the LF, of a line break. */
enum { RETURNED = 1, BROKEN };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static unsigned bits_of(uint8_t byte)
{
  if (byte >= 'A' && byte <= 'Z') return byte - 'A' + 0U;
  if (byte >= 'a' && byte <= 'z') return byte - 'a' + 26U;
  if (byte >= '0' && byte <= '9') return byte - '0' + 52U;
  if (byte == '+' || byte == '-') return 62;
  return byte == '/' || byte == '_' ? 63 : CHARACTERS;
}

/** Line breaks: `left` counts the characters since the last, `high` is set by the first. */
static bool may_break(const struct progress *progress)
{
  bool is_early = progress->high && progress->left < LINE_CHARACTERS_MIN;
  return progress->at > 0 && progress->phase == 0 && !is_early;
}

static enum verdict take_break(struct progress *progress, uint8_t byte)
{
  bool is_second = progress->phase == RETURNED && byte == '\n';
  if (!is_second && !may_break(progress)) return REFUSED;
  progress->phase = byte == '\n' ? BROKEN : RETURNED;
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

/** Where a character's bits begin, counted from a byte before the value, so that nothing is negative. */
static size_t bit_of(const struct progress *progress, size_t skipped)
{
  return CHARACTER_BITS * (8 * skipped / CHARACTER_BITS + progress->at) - 8 * skipped + 8;
}

/** The bits of a character, and which of them are the value's. */
static unsigned expected_at(const struct pattern *pattern, size_t bit, unsigned *known)
{
  unsigned shift = 16 - CHARACTER_BITS - bit % 8;
  unsigned bytes = two_bytes(pattern, bit / 8, known);
  *known = *known >> shift & (CHARACTERS - 1);
  return bytes >> shift;
}

/** @param skipped how many bytes of the three that a group has come before the value */
static enum verdict take(const struct pattern *pattern, struct progress *progress, uint8_t byte, size_t skipped)
{
  if (byte == '\n' || byte == '\r') return take_break(progress, byte);
  unsigned bits = bits_of(byte), known;
  size_t bit = bit_of(progress, skipped);
  if (bits == CHARACTERS || progress->phase == RETURNED) return REFUSED;
  if ((expected_at(pattern, bit, &known) ^ bits) & known) return REFUSED;
  progress->at++;
  progress->phase = 0;
  if (progress->left < UINT8_MAX) progress->left++;
  return bit + CHARACTER_BITS >= 8 * pattern->length + 8 ? SPELLED : UNDECIDED;
}

static size_t next(const struct pattern *pattern, const struct progress *progress, uint8_t *bytes, size_t skipped)
{
  unsigned known, expected = expected_at(pattern, bit_of(progress, skipped), &known);
  size_t count = 0;
  for (unsigned bits = 0; bits < CHARACTERS; bits++)
    if (((expected ^ bits) & known) == 0) bytes[count++] = (uint8_t)alphabet[bits];
  if (((expected ^ 62) & known) == 0) bytes[count++] = '-';
  if (((expected ^ 63) & known) == 0) bytes[count++] = '_';
  bytes[count++] = '\n';
  bytes[count++] = '\r';
  return count;
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

size_t base64_next(const struct pattern *pattern, const struct progress *progress, uint8_t *bytes)
{
  return next(pattern, progress, bytes, 0);
}

size_t base64_second_next(const struct pattern *pattern, const struct progress *progress, uint8_t *bytes)
{
  return next(pattern, progress, bytes, 1);
}

size_t base64_third_next(const struct pattern *pattern, const struct progress *progress, uint8_t *bytes)
{
  return next(pattern, progress, bytes, 2);
}
