// Text in which any byte or code point may be escaped: percent-encoding, backslashes, shell quotes, entities.
#include "reading.h"
#include <string.h>

/** After what begins an escape; in digits that end by number, or by a mark; in a word that only one value has. */
enum { ESCAPE = 1, FIXED, FIRST_OF_FOUR, CLOSED, WORD };

enum {
  /** Digits of &#…; and \u{…} with leading zeros. */
  CLOSED_DIGITS_MAX = 8,
  HIGH_MIN = 0xd800,
  LOW_MIN = 0xdc00,
  LOW_MAX = 0xdfff,
};

/** An escape under way: `code` is its number so far, `left` the digits that may follow, `high` waits for its pair. */
static enum verdict begin(struct progress *progress, uint8_t phase, uint8_t digits, bool is_bytewise)
{
  progress->phase = phase;
  progress->left = digits;
  progress->code = 0;
  progress->is_bytewise = is_bytewise;
  return UNDECIDED;
}

/** How many bytes of the value a number spells: \xe9 may be the byte or the code point, \u00e9 only the latter. */
static size_t width_of(const struct pattern *pattern, const struct progress *progress, uint32_t code)
{
  uint32_t point;
  if (progress->is_bytewise && code == pattern->bytes[progress->at]) return 1;
  size_t width = reading_point(pattern, progress->at, &point);
  return code == point ? width : 0;
}

static enum verdict end(const struct pattern *pattern, struct progress *progress)
{
  uint32_t code = progress->code;
  bool is_low = code >= LOW_MIN && code <= LOW_MAX;
  if (is_low != (progress->high > 0)) return REFUSED;
  if (code >= HIGH_MIN && code < LOW_MIN) {
    progress->high = (uint16_t)code;
    return begin(progress, 0, 0, false);
  }
  if (is_low) code = 0x10000 + ((uint32_t)(progress->high - HIGH_MIN) << 10) + (code - LOW_MIN);
  size_t width = width_of(pattern, progress, code);
  return width > 0 ? reading_advance(pattern, progress, width) : REFUSED;
}

static bool add_digit(struct progress *progress, uint8_t byte, unsigned base)
{
  unsigned digit = reading_digit(byte);
  if (digit >= base || progress->left == 0) return false;
  progress->code = progress->code * base + digit;
  progress->left--;
  return true;
}

static enum verdict take_fixed(const struct pattern *pattern, struct progress *progress, uint8_t byte, unsigned base)
{
  if (!add_digit(progress, byte, base)) return REFUSED;
  return progress->left == 0 ? end(pattern, progress) : UNDECIDED;
}

/** @param mark what stands behind the digits, of which there must be one */
static enum verdict take_closed(const struct pattern *pattern, struct progress *progress, uint8_t byte, char mark)
{
  unsigned base = progress->is_bytewise ? 10 : 16;
  if (byte != mark) return add_digit(progress, byte, base) ? UNDECIDED : REFUSED;
  // From here on it only said in which base the digits were.
  progress->is_bytewise = false;
  return progress->left < CLOSED_DIGITS_MAX ? end(pattern, progress) : REFUSED;
}

static enum verdict take_plain(const struct pattern *pattern, struct progress *progress, uint8_t byte, char mark)
{
  if (byte == mark) return begin(progress, ESCAPE, 0, false);
  bool is_next = byte == pattern->bytes[progress->at] && progress->high == 0;
  return is_next ? reading_advance(pattern, progress, 1) : REFUSED;
}

enum verdict percent_take(const struct pattern *pattern, struct progress *progress, uint8_t byte)
{
  switch (progress->phase) {
  case ESCAPE:
    if (byte == 'u') return begin(progress, FIXED, 4, false);
    begin(progress, FIXED, 2, true);
    return take_fixed(pattern, progress, byte, 16);
  case FIXED: return take_fixed(pattern, progress, byte, 16);
  default:
    if (byte == '+' && pattern->bytes[progress->at] == ' ') return reading_advance(pattern, progress, 1);
    return take_plain(pattern, progress, byte, '%');
  }
}

/** \n and the like, and any mark by itself: `\"`, `\/`, `\ `. */
static enum verdict take_short(const struct pattern *pattern, struct progress *progress, uint8_t byte)
{
  static const char names[] = "abtnvfreE", controls[] = "\a\b\t\n\v\f\r\x1b\x1b";
  const char *name = byte ? strchr(names, byte) : NULL;
  bool is_word = (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
  if (progress->high || (is_word && !name)) return REFUSED;
  uint8_t meant = name ? (uint8_t)controls[name - names] : byte;
  return meant == pattern->bytes[progress->at] ? reading_advance(pattern, progress, 1) : REFUSED;
}

static enum verdict take_escape(const struct pattern *pattern, struct progress *progress, uint8_t byte)
{
  switch (byte) {
  case 'x': return begin(progress, FIXED, 2, true);
  case 'u': return begin(progress, FIRST_OF_FOUR, 4, false);
  case 'U': return begin(progress, FIXED, 8, false);
  // Three octal digits: `\0` alone would need a look ahead, and no encoder of text that a variable can hold writes it.
  case '0':
  case '1':
  case '2':
  case '3':
    begin(progress, WORD, 3, true);
    return take_fixed(pattern, progress, byte, 8);
  default: return take_short(pattern, progress, byte);
  }
}

enum verdict backslash_take(const struct pattern *pattern, struct progress *progress, uint8_t byte)
{
  switch (progress->phase) {
  case ESCAPE: return take_escape(pattern, progress, byte);
  case WORD: return take_fixed(pattern, progress, byte, 8);
  case FIRST_OF_FOUR:
    if (byte == '{') return begin(progress, CLOSED, CLOSED_DIGITS_MAX, false);
    progress->phase = FIXED;
    return take_fixed(pattern, progress, byte, 16);
  case FIXED: return take_fixed(pattern, progress, byte, 16);
  case CLOSED: return take_closed(pattern, progress, byte, '}');
  default: return take_plain(pattern, progress, byte, '\\');
  }
}

/** The rest of a word, of which `left` bytes are behind. */
static enum verdict take_word(const struct pattern *pattern, struct progress *progress, uint8_t byte, const char *word)
{
  if (!byte || byte != (uint8_t)word[progress->left]) return REFUSED;
  progress->left++;
  return word[progress->left] ? UNDECIDED : reading_advance(pattern, progress, 1);
}

enum verdict quoted_take(const struct pattern *pattern, struct progress *progress, uint8_t byte)
{
  static const char *const words[] = {"\\''", "\"'\"'"};
  switch (progress->phase) {
  case ESCAPE:
    if (pattern->bytes[progress->at] != '\'' || (byte != '\\' && byte != '"')) return REFUSED;
    begin(progress, WORD, 0, false);
    progress->code = byte == '"';
    return take_word(pattern, progress, byte, words[progress->code]);
  case WORD: return take_word(pattern, progress, byte, words[progress->code]);
  default: return take_plain(pattern, progress, byte, '\'');
  }
}

/** The entity that a byte has by name. */
static const char *name_of(uint8_t byte)
{
  switch (byte) {
  case '&': return "amp;";
  case '<': return "lt;";
  case '>': return "gt;";
  case '"': return "quot;";
  case '\'': return "apos;";
  default: return "";
  }
}

enum verdict html_take(const struct pattern *pattern, struct progress *progress, uint8_t byte)
{
  switch (progress->phase) {
  case ESCAPE:
    if (byte == '#') return begin(progress, FIRST_OF_FOUR, CLOSED_DIGITS_MAX, true);
    begin(progress, WORD, 0, false);
    return progress->high ? REFUSED : take_word(pattern, progress, byte, name_of(pattern->bytes[progress->at]));
  case WORD: return take_word(pattern, progress, byte, name_of(pattern->bytes[progress->at]));
  case FIRST_OF_FOUR:
    progress->phase = CLOSED;
    if (byte == 'x' || byte == 'X') return begin(progress, CLOSED, CLOSED_DIGITS_MAX, false);
    return take_closed(pattern, progress, byte, ';');
  case CLOSED: return take_closed(pattern, progress, byte, ';');
  default: return take_plain(pattern, progress, byte, '&');
  }
}
