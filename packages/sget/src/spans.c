// Where values stand in a stream.
#include "spans.h"
#include <stdlib.h>
#include <string.h>

/** Whose label is the label of both. */
static bool comes_first(const struct span *one, const struct span *other)
{
  if (one->start != other->start) return one->start < other->start;
  if (one->first_end != other->first_end) return one->first_end > other->first_end;
  return one->value < other->value;
}

static struct span joined(const struct span *one, const struct span *other)
{
  struct span both = comes_first(one, other) ? *one : *other;
  both.end = one->end > other->end ? one->end : other->end;
  both.is_told = one->is_told || other->is_told;
  return both;
}

/** The first that ends behind a position. */
static size_t place_of(const struct spans *spans, uint64_t position)
{
  size_t low = 0, high = spans->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (spans->list[middle].end > position) high = middle;
    else low = middle + 1;
  }
  return low;
}

static void make_room(struct spans *spans)
{
  if (spans->count < spans->capacity) return;
  spans->capacity = 2 * spans->capacity + 16;
  struct span *larger = realloc(spans->list, spans->capacity * sizeof *larger);
  if (!larger) abort();
  spans->list = larger;
}

void spans_add(struct spans *spans, uint64_t start, uint64_t end, size_t value)
{
  struct span span = {start, end, end, value, false};
  size_t first = place_of(spans, start), beyond = first;
  for (; beyond < spans->count && spans->list[beyond].start < end; beyond++)
    span = joined(&spans->list[beyond], &span);
  make_room(spans);
  memmove(spans->list + first + 1, spans->list + beyond, (spans->count - beyond) * sizeof span);
  spans->list[first] = span;
  spans->count = spans->count - (beyond - first) + 1;
}

void spans_drop(struct spans *spans, uint64_t position)
{
  size_t count = place_of(spans, position);
  if (count == 0) return;
  spans->count -= count;
  memmove(spans->list, spans->list + count, spans->count * sizeof *spans->list);
}

void spans_release(struct spans *spans)
{
  free(spans->list);
  *spans = (struct spans){0};
}
