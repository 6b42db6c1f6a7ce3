// The ways in which the bytes of a value may be written.
#include "reading.h"
#include "text.h"
#include <string.h>

static enum verdict raw_take(const struct pattern *pattern, struct progress *progress, uint8_t byte)
{
  return byte == pattern->bytes[progress->at] ? reading_advance(pattern, progress, 1) : REFUSED;
}

/** What each reading is: how it takes a byte, what can come next, what begins its escapes where all else is plain. */
static const struct row {
  enum verdict (*take)(const struct pattern *pattern, struct progress *progress, uint8_t byte);
  size_t (*next)(const struct pattern *pattern, const struct progress *progress, uint8_t *bytes);
  /** Where there is no `next`: what can come beside the bytes of the value. */
  const char *alphabet;
  char mark;
} rows[READINGS] = {
  [READING_RAW] = {raw_take, NULL, "", 0},
  [READING_BASE64] = {base64_take, base64_next, NULL, 0},
  [READING_BASE64_SECOND] = {base64_second_take, base64_second_next, NULL, 0},
  [READING_BASE64_THIRD] = {base64_third_take, base64_third_next, NULL, 0},
  [READING_HEX] = {hex_take, NULL, "0123456789abcdefx \t\r\n,:-", 0},
  [READING_PERCENT] = {percent_take, NULL, "%+u0123456789abcdef", '%'},
  [READING_BACKSLASH] = {backslash_take, NULL, "\\xuU{0123456789abcdefnrtv", '\\'},
  [READING_QUOTED] = {quoted_take, NULL, "'\"\\", '\''},
  [READING_HTML] = {html_take, NULL, "&#x0123456789abcdef;glmpqtuos", '&'},
  [READING_UTF16LE] = {utf16le_take, utf16le_next, NULL, 0},
  [READING_UTF16BE] = {utf16be_take, utf16be_next, NULL, 0},
};

size_t reading_next(enum reading reading, const struct pattern *pattern, const struct progress *progress, uint8_t *bytes)
{
  const struct row *row = &rows[reading];
  if (row->next) return row->next(pattern, progress, bytes);
  size_t count = strlen(row->alphabet);
  memcpy(bytes, row->alphabet, count);
  uint8_t own = pattern->bytes[progress->at];
  if (!memchr(bytes, own, count)) bytes[count++] = own;
  return count;
}

enum verdict reading_take(enum reading reading, const struct pattern *pattern, struct progress *progress, uint8_t byte)
{
  return rows[reading].take(pattern, progress, byte);
}

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

/** How many bytes are the same. */
static size_t common(const uint8_t *one, const uint8_t *other, size_t length)
{
  uint64_t left, right;
  size_t count = 0;
  for (; length - count >= sizeof left; count += sizeof left) {
    memcpy(&left, one + count, sizeof left);
    memcpy(&right, other + count, sizeof right);
    if (left != right) break;
  }
  while (count < length && one[count] == other[count]) count++;
  return count;
}

/** How many bytes of the input are those of the value itself, up to one that begins an escape. */
static size_t plain(const struct pattern *pattern, const struct progress *progress, struct slice input, char mark)
{
  size_t left = pattern->length - progress->at;
  size_t count = common(pattern->bytes + progress->at, input.bytes, left < input.length ? left : input.length);
  const uint8_t *first = mark ? memchr(input.bytes, mark, count) : NULL;
  return first ? (size_t)(first - input.bytes) : count;
}

/** In raw and where escapes begin with a mark, all bytes between these are passed over at once. */
static bool may_be_plain(enum reading reading, const struct progress *progress)
{
  return reading == READING_RAW || (rows[reading].mark && progress->phase == 0 && progress->high == 0);
}

enum verdict reading_follow(enum reading reading, const struct pattern *pattern, struct progress *progress,
  struct slice input, size_t *taken)
{
  const struct row *row = &rows[reading];
  enum verdict verdict = UNDECIDED;
  for (size_t i = 0; verdict == UNDECIDED && i < input.length; *taken = i) {
    struct slice rest = {input.bytes + i, input.length - i};
    size_t count = may_be_plain(reading, progress) ? plain(pattern, progress, rest, row->mark) : 0;
    if (count > 0) verdict = reading_advance(pattern, progress, count);
    else verdict = row->take(pattern, progress, input.bytes[i]);
    i += count > 0 ? count : 1;
  }
  return verdict;
}

bool reading_repeats(enum reading reading, const struct pattern *pattern)
{
  bool is_base64 = reading >= READING_BASE64 && reading <= READING_BASE64_THIRD;
  return pattern->period > 0 && !is_base64;
}

size_t reading_bytes_max(unsigned readings, size_t length)
{
  // Base64 has four characters for three bytes and a line break (two bytes) for sixteen characters, and partial ones.
  size_t base64 = length + length / 2 + 8;
  return readings & ~(unsigned)READINGS_OF_LONG ? length * SPELLING_BYTES_PER_BYTE_MAX : base64;
}
