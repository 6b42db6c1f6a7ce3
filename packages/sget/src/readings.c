// The ways in which the bytes of a value may be written.
#include "reading.h"
#include "text.h"
#include <string.h>

typedef enum verdict take_byte(const struct pattern *pattern, struct progress *progress, uint8_t byte);

/** As it is read by `follow_raw`, raw has none. */
static take_byte *const takes[READINGS] = {
  [READING_BASE64] = base64_take,
  [READING_BASE64_SECOND] = base64_second_take,
  [READING_BASE64_THIRD] = base64_third_take,
  [READING_HEX] = hex_take,
  [READING_PERCENT] = percent_take,
  [READING_BACKSLASH] = backslash_take,
  [READING_QUOTED] = quoted_take,
  [READING_HTML] = html_take,
  [READING_UTF16LE] = utf16le_take,
  [READING_UTF16BE] = utf16be_take,
};

enum verdict reading_advance(const struct pattern *pattern, struct progress *progress, size_t count)
{
  *progress = (struct progress){.at = progress->at + (uint32_t)count};
  return progress->at == pattern->length ? SPELLED : UNDECIDED;
}

unsigned reading_digit(uint8_t byte)
{
  if (byte >= '0' && byte <= '9') return byte - '0' + 0U;
  uint8_t lower = byte | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10U : 16;
}

size_t reading_point(const struct pattern *pattern, size_t at, uint32_t *point)
{
  struct reader rest = {pattern->bytes + at, pattern->length - at};
  *point = rest.at[0];
  if (!pattern->is_utf8) return 1;
  return text_next(&rest, point) ? (size_t)(rest.at - pattern->bytes) - at : 0;
}

static enum verdict follow_raw(const struct pattern *pattern, struct progress *progress, struct slice input, size_t *taken)
{
  size_t left = pattern->length - progress->at;
  size_t count = left < input.length ? left : input.length;
  if (memcmp(pattern->bytes + progress->at, input.bytes, count) != 0) return REFUSED;
  *taken = count;
  return reading_advance(pattern, progress, count);
}

enum verdict reading_follow(enum reading reading, const struct pattern *pattern, struct progress *progress,
  struct slice input, size_t *taken)
{
  if (reading == READING_RAW) return follow_raw(pattern, progress, input, taken);
  take_byte *const take = takes[reading];
  for (size_t i = 0; i < input.length; i++) {
    enum verdict verdict = take(pattern, progress, input.bytes[i]);
    *taken = i + 1;
    if (verdict != UNDECIDED) return verdict;
  }
  return UNDECIDED;
}

size_t reading_bytes_max(unsigned readings, size_t length)
{
  // Base64 has four characters for three bytes and a line break (two bytes) for sixteen characters, and partial ones.
  size_t base64 = length + length / 2 + 8;
  return readings & ~(unsigned)READINGS_OF_LONG ? length * SPELLING_BYTES_PER_BYTE_MAX : base64;
}
