// What is looked for: values, and of those with several lines each line, too.
#include "patterns.h"
#include "readings.h"
#include "text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grown(void *list, size_t bytes)
{
  void *larger = realloc(list, bytes);
  if (!larger) abort();
  return larger;
}

static bool is_same(const struct pattern *pattern, struct slice bytes, unsigned readings)
{
  return pattern->length == bytes.length && pattern->readings == readings &&
    memcmp(pattern->bytes, bytes.bytes, bytes.length) == 0;
}

/** Values of one text, and lines that come again, are looked for once. */
static bool is_known(const struct patterns *patterns, struct slice bytes, unsigned readings)
{
  for (size_t i = 0; i < patterns->count; i++)
    if (is_same(&patterns->list[i], bytes, readings)) return true;
  return false;
}

static void add_pattern(struct patterns *patterns, struct slice bytes, unsigned readings)
{
  if (bytes.length < PATTERN_BYTES_MIN || is_known(patterns, bytes, readings)) return;
  if (patterns->count == patterns->capacity) {
    patterns->capacity = 2 * patterns->capacity + 16;
    patterns->list = grown(patterns->list, patterns->capacity * sizeof *patterns->list);
  }
  patterns->list[patterns->count++] =
    (struct pattern){bytes.bytes, bytes.length, patterns->known_count, readings, text_is_utf8(bytes)};
  size_t bytes_max = reading_bytes_max(readings, bytes.length);
  if (bytes_max > patterns->spelling_bytes_max) patterns->spelling_bytes_max = bytes_max;
}

/** The next line without its end, CR LF or LF; false after the last. */
static bool next_line(struct slice *rest, struct slice *line)
{
  if (rest->length == 0) return false;
  const uint8_t *newline = memchr(rest->bytes, '\n', rest->length);
  size_t length = newline ? (size_t)(newline - rest->bytes) : rest->length;
  size_t skipped = newline ? length + 1 : length;
  *line = (struct slice){rest->bytes, length};
  if (newline && length > 0 && line->bytes[length - 1] == '\r') line->length--;
  *rest = (struct slice){rest->bytes + skipped, rest->length - skipped};
  return true;
}

/** A line of blanks is nobody's secret, and every program prints some. */
static bool is_blank(struct slice line)
{
  for (size_t i = 0; i < line.length; i++)
    if (line.bytes[i] != ' ' && line.bytes[i] != '\t') return false;
  return true;
}

/** Each line; or, where all are too short, so many lines more to hold back that they are seen together. */
static void add_lines(struct patterns *patterns, struct slice value, unsigned readings)
{
  struct slice rest = value, line;
  size_t count = 0, longest = 0;
  while (next_line(&rest, &line)) {
    count++;
    if (line.length > longest) longest = line.length;
    if (!is_blank(line)) add_pattern(patterns, line, readings);
  }
  if (longest < PATTERN_BYTES_MIN && count - 1 > patterns->further_lines) patterns->further_lines = count - 1;
}

/** The value with LF or CR LF at the end of each line, written behind what is there. */
static struct slice with_ends(struct secret *bytes, struct slice value, const char *end)
{
  uint8_t *start = bytes->bytes + bytes->length;
  struct writer into = {start, bytes->capacity - bytes->length, 0, false};
  struct slice rest = value, line;
  while (next_line(&rest, &line)) {
    writer_bytes(&into, line.bytes, line.length);
    if (line.bytes + line.length < rest.bytes) writer_bytes(&into, end, strlen(end));
  }
  bytes->length += into.length;
  return (struct slice){start, into.length};
}

/** A terminal makes CR LF of LF, and programs that read lines make LF of CR LF. */
static void add_other_ends(struct patterns *patterns, struct known *known, struct slice value)
{
  add_pattern(patterns, with_ends(&known->bytes, value, "\n"), READINGS_ALL);
  add_pattern(patterns, with_ends(&known->bytes, value, "\r\n"), READINGS_ALL);
}

static void add_all(struct patterns *patterns, struct known *known)
{
  struct slice value = {known->bytes.bytes, known->bytes.length};
  bool is_long = value.length > PATTERN_READ_BYTES_MAX, has_lines = memchr(value.bytes, '\n', value.length);
  add_pattern(patterns, value, is_long ? READINGS_OF_LONG : READINGS_ALL);
  if (has_lines) add_lines(patterns, value, is_long ? 1 << READING_RAW : READINGS_ALL);
  if (has_lines && !is_long) add_other_ends(patterns, known, value);
}

static void write_label(struct known *known, const char *ref)
{
  static const char shape[] = "[sget:%s]";
  size_t length = strlen(ref) + sizeof shape;
  known->label = grown(NULL, length);
  known->label_length = (size_t)snprintf(known->label, length, shape, ref);
}

/** Room for the value and, where it has lines of which other ends are made, twice more with two bytes for each LF. */
static size_t room_for(struct slice value)
{
  bool is_single = !memchr(value.bytes, '\n', value.length);
  return is_single || value.length > PATTERN_READ_BYTES_MAX ? value.length : 4 * value.length;
}

enum failure patterns_add(struct patterns *patterns, struct slice value, const char *ref, bool *is_covered)
{
  *is_covered = value.length >= PATTERN_BYTES_MIN;
  if (!*is_covered) return OK;
  patterns->known = grown(patterns->known, (patterns->known_count + 1) * sizeof *patterns->known);
  struct known *known = &patterns->known[patterns->known_count];
  *known = (struct known){0};
  enum failure failure = secret_reserve(&known->bytes, room_for(value));
  if (failure) return failure;
  memcpy(known->bytes.bytes, value.bytes, value.length);
  known->bytes.length = value.length;
  write_label(known, ref);
  add_all(patterns, known);
  patterns->known_count++;
  return OK;
}

void patterns_release(struct patterns *patterns)
{
  for (size_t i = 0; i < patterns->known_count; i++) {
    secret_release(&patterns->known[i].bytes);
    free(patterns->known[i].label);
  }
  free(patterns->known);
  free(patterns->list);
  *patterns = (struct patterns){0};
}
