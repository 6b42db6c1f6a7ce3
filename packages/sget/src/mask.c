// Text in, masked text out.
#define _GNU_SOURCE
#include "mask.h"
#include <string.h>

enum failure mask_open(struct mask *mask, struct patterns *patterns, enum output output)
{
  *mask = (struct mask){.patterns = patterns, .output = output, .wake_ms = HOLD_FOR_EVER};
  matcher_begin(&mask->matcher, patterns);
  enum failure failure = patterns_ready(patterns);
  // Twice the room: what is held is moved to the front only once for so many bytes.
  return failure ? failure : secret_reserve(&mask->window, patterns->spelling_bytes_max + 2 * MASK_ROOM_BYTES);
}

/** What is held, and before it what the matcher has still to look at. */
static void move_to_front(struct mask *mask)
{
  uint64_t first = mask->base + mask->begin;
  if (mask->matcher.position < first) first = mask->matcher.position;
  size_t gone = (size_t)(first - mask->base);
  mask->window.length -= gone;
  memmove(mask->window.bytes, mask->window.bytes + gone, mask->window.length);
  mask->base += gone;
  mask->begin -= gone;
}

enum failure mask_room(struct mask *mask, uint8_t **at, size_t *capacity)
{
  struct secret *window = &mask->window;
  enum failure failure = OK;
  if (window->capacity - window->length < MASK_ROOM_BYTES) move_to_front(mask);
  if (mask->output == OUTPUT_WHOLE && window->capacity - window->length < MASK_ROOM_BYTES)
    failure = secret_reserve(window, 2 * window->capacity);
  *at = window->bytes + window->length;
  *capacity = window->capacity - window->length;
  return failure;
}

static struct slice window_of(const struct mask *mask)
{
  return (struct slice){mask->window.bytes, mask->window.length};
}

static struct held held_by(const struct mask *mask)
{
  const struct patterns *patterns = mask->patterns;
  uint64_t first = mask->released, end = mask->base + mask->window.length;
  uint64_t undecided = matcher_undecided(&mask->matcher, window_of(mask));
  return (struct held){
    .bytes = (size_t)(end - first),
    .lines = mask->lines > first ? (size_t)(mask->lines - first) : 0,
    .is_further = patterns->further_lines > 0,
    .decided = undecided > first ? (size_t)(undecided - first) : 0,
    .beginning = (size_t)(end - undecided),
    .spelling_bytes_max = patterns->spelling_bytes_max,
    .since_ms = mask->since_ms,
    .is_ended = mask->is_ended,
  };
}

void mask_look(struct mask *mask, uint64_t now_ms)
{
  struct held held = held_by(mask);
  struct release release = hold(mask->output, &held, now_ms);
  mask->released += release.bytes;
  mask->wake_ms = release.wake_ms;
  if (release.bytes > 0) mask->since_ms = mask->newest_ms;
}

/** Finds where the last line ends that may go: so many complete lines before the end of what has come. */
static void find_lines(struct mask *mask, size_t count)
{
  const uint8_t *start = mask->window.bytes, *end = start + mask->window.length;
  const uint8_t *newline = memrchr(end - count, '\n', count);
  if (!newline) return;
  for (size_t further = mask->patterns->further_lines; newline && further > 0; further--)
    newline = memrchr(start, '\n', (size_t)(newline - start));
  if (newline) mask->lines = mask->base + (uint64_t)(newline - start) + 1;
}

void mask_add(struct mask *mask, size_t count, uint64_t now_ms)
{
  if (count == 0) return;
  if (mask->released == mask->base + mask->window.length) mask->since_ms = now_ms;
  mask->newest_ms = now_ms;
  mask->window.length += count;
  find_lines(mask, count);
  matcher_add(&mask->matcher, window_of(mask), mask->base + mask->window.length);
  mask_look(mask, now_ms);
}

uint64_t mask_wake_ms(const struct mask *mask)
{
  return mask->wake_ms;
}

void mask_end(struct mask *mask)
{
  mask->is_ended = true;
  mask_look(mask, mask->newest_ms);
}

/** Goes into a span: its label stands for its bytes. */
static void enter(struct mask *mask, struct span *span)
{
  const struct known *known = &mask->patterns->known[span->value];
  if (!span->is_told) mask->label = (struct slice){(const uint8_t *)known->label, known->label_length};
  span->is_told = true;
  uint64_t end = span->end < mask->released ? span->end : mask->released;
  mask->begin = (size_t)(end - mask->base);
}

bool mask_next(struct mask *mask, struct slice *bytes)
{
  struct spans *spans = &mask->matcher.spans;
  while (mask->label.length == 0) {
    uint64_t at = mask->base + mask->begin, end = mask->released;
    spans_drop(spans, at);
    if (at == end) return false;
    struct span *span = spans->count > 0 ? spans->list : NULL;
    if (!span || span->start > at) {
      if (span && span->start < end) end = span->start;
      *bytes = (struct slice){mask->window.bytes + mask->begin, (size_t)(end - at)};
      return true;
    }
    enter(mask, span);
  }
  *bytes = mask->label;
  return true;
}

void mask_taken(struct mask *mask, size_t count)
{
  if (mask->label.length == 0) {
    mask->begin += count;
    return;
  }
  mask->label.bytes += count;
  mask->label.length -= count;
}

void mask_close(struct mask *mask)
{
  matcher_release(&mask->matcher);
  secret_release(&mask->window);
  *mask = (struct mask){0};
}
