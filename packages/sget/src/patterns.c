// What is looked for: values, and of those with several lines also each line.
#include "patterns.h"
#include "prefilter.h"
#include "readings.h"
#include "text.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grown(void *list, size_t bytes)
{
  void *larger = realloc(list, bytes);
  if (!larger) abort();
  return larger;
}

/** The least number of bytes after which all of it comes again. Not looked for in long values, for it takes a while. */
static size_t period_of(struct slice bytes)
{
  for (size_t period = 1; period <= bytes.length / 2 && bytes.length <= PATTERN_READ_BYTES_MAX; period++)
    if (memcmp(bytes.bytes, bytes.bytes + period, bytes.length - period) == 0) return period;
  return 0;
}

static void add_pattern(struct patterns *patterns, struct slice bytes, unsigned readings)
{
  if (bytes.length < PATTERN_BYTES_MIN) return;
  if (patterns->count == patterns->capacity) {
    patterns->capacity = 2 * patterns->capacity + 16;
    patterns->list = grown(patterns->list, patterns->capacity * sizeof *patterns->list);
  }
  patterns->list[patterns->count++] = (struct pattern){
    .bytes = bytes.bytes,
    .length = bytes.length,
    .value = patterns->known_count,
    .readings = readings,
    .period = period_of(bytes),
    .is_utf8 = text_is_utf8(bytes),
  };
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

static bool is_blank(uint8_t byte)
{
  return byte == ' ' || byte == '\t' || byte == '\r';
}

/** Blanks around a line are nobody's secret: every program prints them, and may print others around the same text. */
static struct slice trimmed(struct slice line)
{
  while (line.length > 0 && is_blank(line.bytes[line.length - 1])) line.length--;
  while (line.length > 0 && is_blank(*line.bytes)) line = (struct slice){line.bytes + 1, line.length - 1};
  return line;
}

/** Each line; or, where all are too short, so many lines more to hold back that they are seen together. */
static void add_lines(struct patterns *patterns, struct slice value, unsigned readings)
{
  struct slice rest = value, line;
  size_t count = 0, longest = 0;
  while (next_line(&rest, &line)) {
    count++;
    line = trimmed(line);
    if (line.length > longest) longest = line.length;
    add_pattern(patterns, line, readings);
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
  assert(!patterns->prefilter);
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

static int compare(const void *left, const void *right)
{
  const struct pattern *one = left, *other = right;
  if (one->length != other->length) return one->length < other->length ? -1 : 1;
  int order = memcmp(one->bytes, other->bytes, one->length);
  if (order != 0 || one->readings == other->readings) return order;
  return one->readings < other->readings ? -1 : 1;
}

/** By their bytes, and of the same ones that of the first value first. */
static int compare_all(const void *left, const void *right)
{
  const struct pattern *one = left, *other = right;
  int order = compare(left, right);
  return order ? order : (one->value > other->value) - (one->value < other->value);
}

/** Values of one text, and lines that come again, are looked for once. */
static void drop_doubles(struct patterns *patterns)
{
  size_t count = 0;
  if (patterns->count > 0) qsort(patterns->list, patterns->count, sizeof *patterns->list, compare_all);
  for (size_t i = 0; i < patterns->count; i++)
    if (count == 0 || compare(&patterns->list[count - 1], &patterns->list[i]) != 0)
      patterns->list[count++] = patterns->list[i];
  patterns->count = count;
}

enum failure patterns_ready(struct patterns *patterns)
{
  if (patterns->prefilter) return OK;
  struct prefilter prefilter = {0};
  drop_doubles(patterns);
  enum failure failure = prefilter_build(&prefilter, patterns->list, patterns->count);
  if (failure) {
    prefilter_release(&prefilter);
    return failure;
  }
  patterns->prefilter = grown(NULL, sizeof prefilter);
  *patterns->prefilter = prefilter;
  return OK;
}

void patterns_release(struct patterns *patterns)
{
  if (patterns->prefilter) prefilter_release(patterns->prefilter);
  free(patterns->prefilter);
  for (size_t i = 0; i < patterns->known_count; i++) {
    secret_release(&patterns->known[i].bytes);
    free(patterns->known[i].label);
  }
  free(patterns->known);
  free(patterns->list);
  *patterns = (struct patterns){0};
}
