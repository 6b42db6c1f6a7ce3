// What one reading is made of: functions that take one byte of input. Each is called with progress short of the end.
#pragma once
#include "readings.h"

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

/** So many bytes of the pattern have been spelled. */
enum verdict reading_advance(const struct pattern *pattern, struct progress *progress, size_t count);

/** The number that a digit stands for; 16 where it is none. */
unsigned reading_digit(uint8_t byte);

/** The code point at a place of the pattern, or the byte where it is not UTF-8; 0 bytes where there is none. */
size_t reading_point(const struct pattern *pattern, size_t at, uint32_t *point);
