// Text in which any byte or code point may be escaped: percent-encoding, backslashes, shell quotes, entities.
#include "reading.h"
#include <string.h>

/** After what begins an escape; before the first digit or what announces it; in digits; in a word. */
enum { ESCAPE = 1, NUMBER, HEX, OCTAL, HEX_CLOSED, DECIMAL_CLOSED, WORD };

enum {
  /** Digits of &#…; and \u{…} with leading zeros. */
  CLOSED_DIGITS_MAX = 8,
  FIRST_HIGH = 0xd800,
  FIRST_LOW = 0xdc00,
  FIRST_PAIRED = 0x10000,
  TARGETS_MAX = 3,
};

/** A number that an escape may spell at a place of the value, and how many bytes that is: 0 for half a pair. */
struct target {
  uint32_t code;
  size_t width;
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

/** \xe9 may be the byte or the code point, \u00e9 only the latter; one beyond U+FFFF may come as a pair. */
static size_t targets_of(const struct pattern *pattern, const struct progress *progress, struct target *targets)
{
  uint32_t point;
  size_t count = 0, width = reading_point(pattern, progress->at, &point);
  bool is_paired = width > 0 && point >= FIRST_PAIRED;
  if (progress->high) {
    targets[0] = (struct target){FIRST_LOW + (point & 0x3ff), width};
    return 1;
  }
  if (progress->is_bytewise) targets[count++] = (struct target){pattern->bytes[progress->at], 1};
  if (width > 0) targets[count++] = (struct target){point, width};
  if (is_paired) targets[count++] = (struct target){FIRST_HIGH + ((point - FIRST_PAIRED) >> 10), 0};
  return count;
}

/** Whether more digits, exactly as many as are left or up to so many, make the target of the number so far. */
static bool leads_to(uint32_t target, const struct progress *progress, unsigned base, bool is_closed)
{
  for (unsigned more = 0; more <= progress->left; more++, target /= base)
    if (target == progress->code && (is_closed || more == progress->left)) return true;
  return false;
}

static enum verdict reach(const struct pattern *pattern, struct progress *progress, const struct target *target)
{
  if (target->width > 0) return reading_advance(pattern, progress, target->width);
  *progress = (struct progress){.at = progress->at, .high = 1};
  return UNDECIDED;
}

static enum verdict end(const struct pattern *pattern, struct progress *progress)
{
  struct target targets[TARGETS_MAX];
  for (size_t i = targets_of(pattern, progress, targets); i > 0; i--)
    if (targets[i - 1].code == progress->code) return reach(pattern, progress, &targets[i - 1]);
  return REFUSED;
}

static unsigned base_of(const struct progress *progress)
{
  if (progress->phase == OCTAL) return 8;
  return progress->phase == DECIMAL_CLOSED ? 10 : 16;
}

/** @param mark what ends digits of which there may be fewer */
static enum verdict take_digit(const struct pattern *pattern, struct progress *progress, uint8_t byte, char mark)
{
  struct target targets[TARGETS_MAX];
  bool is_closed = progress->phase == HEX_CLOSED || progress->phase == DECIMAL_CLOSED;
  unsigned base = base_of(progress), digit = reading_digit(byte);
  if (is_closed && byte == mark && progress->left < CLOSED_DIGITS_MAX) return end(pattern, progress);
  if (digit >= base || progress->left == 0) return REFUSED;
  progress->code = progress->code * base + digit;
  progress->left--;
  if (!is_closed && progress->left == 0) return end(pattern, progress);
  for (size_t i = targets_of(pattern, progress, targets); i > 0; i--)
    if (leads_to(targets[i - 1].code, progress, base, is_closed)) return UNDECIDED;
  return REFUSED;
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
    if (byte == 'u') return begin(progress, HEX, 4, false);
    begin(progress, HEX, 2, true);
    return take_digit(pattern, progress, byte, 0);
  case HEX: return take_digit(pattern, progress, byte, 0);
  default:
    if (byte == '+' && pattern->bytes[progress->at] == ' ' && !progress->high)
      return reading_advance(pattern, progress, 1);
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
  case 'x': return begin(progress, HEX, 2, true);
  case 'u': return begin(progress, NUMBER, 4, false);
  case 'U': return begin(progress, HEX, 8, false);
  // Three octal digits: `\0` alone would need a look ahead, and no encoder of text that a variable can hold writes it.
  case '0':
  case '1':
  case '2':
  case '3':
    begin(progress, OCTAL, 3, true);
    return take_digit(pattern, progress, byte, 0);
  default: return take_short(pattern, progress, byte);
  }
}

enum verdict backslash_take(const struct pattern *pattern, struct progress *progress, uint8_t byte)
{
  switch (progress->phase) {
  case 0: return take_plain(pattern, progress, byte, '\\');
  case ESCAPE: return take_escape(pattern, progress, byte);
  case NUMBER:
    if (byte == '{') return begin(progress, HEX_CLOSED, CLOSED_DIGITS_MAX, false);
    progress->phase = HEX;
    break;
  }
  return take_digit(pattern, progress, byte, '}');
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
  case 0: return take_plain(pattern, progress, byte, '&');
  case ESCAPE:
    if (byte == '#') return begin(progress, NUMBER, CLOSED_DIGITS_MAX, false);
    if (progress->high) return REFUSED;
    begin(progress, WORD, 0, false);
    return take_word(pattern, progress, byte, name_of(pattern->bytes[progress->at]));
  case WORD: return take_word(pattern, progress, byte, name_of(pattern->bytes[progress->at]));
  case NUMBER:
    progress->phase = DECIMAL_CLOSED;
    if (byte == 'x' || byte == 'X') return begin(progress, HEX_CLOSED, CLOSED_DIGITS_MAX, false);
    break;
  }
  return take_digit(pattern, progress, byte, ';');
}
