// What one reading is made of: a function that takes one byte of input, and, where an alphabet does not tell it, one that
// says which can come next. Each is called with progress short of the end.
#pragma once
#include "readings.h"

/** One byte in any reading. */
enum verdict reading_take(enum reading reading, const struct pattern *pattern, struct progress *progress, uint8_t byte);

/**
 * The bytes that may come next, and perhaps some that may not; of letters whose case does not matter, the lower ones.
 *
 * @param bytes room for READING_NEXT_MAX
 */
size_t reading_next(enum reading reading, const struct pattern *pattern, const struct progress *progress, uint8_t *bytes);

enum { READING_NEXT_MAX = 68 };

enum verdict base64_take(const struct pattern *pattern, struct progress *progress, uint8_t byte);
enum verdict base64_second_take(const struct pattern *pattern, struct progress *progress, uint8_t byte);
enum verdict base64_third_take(const struct pattern *pattern, struct progress *progress, uint8_t byte);
enum verdict hex_take(const struct pattern *pattern, struct progress *progress, uint8_t byte);
enum verdict percent_take(const struct pattern *pattern, struct progress *progress, uint8_t byte);
enum verdict backslash_take(const struct pattern *pattern, struct progress *progress, uint8_t byte);
enum verdict quoted_take(const struct pattern *pattern, struct progress *progress, uint8_t byte);
enum verdict html_take(const struct pattern *pattern, struct progress *progress, uint8_t byte);
enum verdict utf16le_take(const struct pattern *pattern, struct progress *progress, uint8_t byte);
enum verdict utf16be_take(const struct pattern *pattern, struct progress *progress, uint8_t byte);

size_t base64_next(const struct pattern *pattern, const struct progress *progress, uint8_t *bytes);
size_t base64_second_next(const struct pattern *pattern, const struct progress *progress, uint8_t *bytes);
size_t base64_third_next(const struct pattern *pattern, const struct progress *progress, uint8_t *bytes);
size_t utf16le_next(const struct pattern *pattern, const struct progress *progress, uint8_t *bytes);
size_t utf16be_next(const struct pattern *pattern, const struct progress *progress, uint8_t *bytes);

/** So many bytes of the pattern have been spelled. */
enum verdict reading_advance(const struct pattern *pattern, struct progress *progress, size_t count);

/** The number that a digit stands for; 16 where it is none. */
unsigned reading_digit(uint8_t byte);

/** The code point at a place of the pattern, or the byte where it is not UTF-8; 0 bytes where there is none. */
size_t reading_point(const struct pattern *pattern, size_t at, uint32_t *point);
