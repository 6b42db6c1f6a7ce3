// The ways in which the bytes of a value may be written. A reading follows the input byte by byte and holds it against
// the value, so that there is no encoded copy of a value, and every encoder's habits are met by one tolerant path.
#pragma once
#include "patterns.h"

enum reading {
  READING_RAW,
  /** As the first, second or third byte of three: standard and URL alphabet, with line breaks. */
  READING_BASE64,
  READING_BASE64_SECOND,
  READING_BASE64_THIRD,
  /** Either case; bytes may be parted, and each begin with 0x. */
  READING_HEX,
  /** Percent-encoded bytes, %uXXXX, + for a space. */
  READING_PERCENT,
  /** Backslashes of JSON, C, Python, and shells, outside quotes and in "…" and $'…'. */
  READING_BACKSLASH,
  /** In the single quotes of a shell: ' as '\'' or '"'"'. */
  READING_QUOTED,
  /** Entities of HTML and XML. */
  READING_HTML,
  READING_UTF16LE,
  READING_UTF16BE,
  READINGS,
};

enum {
  READINGS_ALL = (1 << READINGS) - 1,
  READINGS_OF_LONG =
    1 << READING_RAW | 1 << READING_BASE64 | 1 << READING_BASE64_SECOND | 1 << READING_BASE64_THIRD,
  /** No reading spells a byte in more: an entity, &#x, eight digits, and a semicolon. */
  SPELLING_BYTES_PER_BYTE_MAX = 12,
};

/** How far a reading has come; begins as {0}. What the fields mean beyond `at` is the reading's own. */
struct progress {
  /** Bytes of the value that are spelled; characters, in base64. */
  uint32_t at;
  uint32_t code;
  uint16_t high;
  uint8_t phase, left;
  bool is_bytewise;
};

enum verdict { UNDECIDED, REFUSED, SPELLED };

/**
 * Holds further input against a pattern.
 *
 * @param taken how many bytes of the input belong to it, where it is spelled to its end
 */
enum verdict reading_follow(enum reading reading, const struct pattern *pattern, struct progress *progress,
  struct slice input, size_t *taken);

/**
 * Whether what follows a spelling of the pattern may be seen as its last period, spelled anew: the pattern repeats itself,
 * and the reading is not base64, where the bits around the last byte have not been looked at.
 */
bool reading_repeats(enum reading reading, const struct pattern *pattern);

/** The longest spelling that a value of so many bytes can have in any reading of the set. */
size_t reading_bytes_max(unsigned readings, size_t length);
