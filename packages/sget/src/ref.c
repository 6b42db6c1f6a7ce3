// The name of a secret, as people write it.
#include "ref.h"
#include "limits.h"
#include "text.h"
#include <string.h>

const char ref_default_field[] = "password";

static bool is_printable(struct slice text, size_t bytes_max)
{
  if (text.length == 0 || text.length > bytes_max) return false;
  struct reader rest = {text.bytes, text.length};
  uint32_t point;
  while (text_next(&rest, &point))
    if (text_is_unprintable(point)) return false;
  return rest.left == 0;
}

static bool holds(struct slice text, char character)
{
  return memchr(text.bytes, character, text.length) != NULL;
}

static bool is_segment(struct slice text)
{
  return text.length > 0 && !slice_equals(text, ".") && !slice_equals(text, "..");
}

static bool is_path(struct slice path)
{
  if (!is_printable(path, REF_BYTES_MAX) || path.bytes[0] == '-' || !holds(path, '/')) return false;
  const uint8_t *end = path.bytes + path.length;
  for (const uint8_t *at = path.bytes;; at++) {
    const uint8_t *slash = memchr(at, '/', (size_t)(end - at));
    const uint8_t *stop = slash ? slash : end;
    if (!is_segment((struct slice){at, (size_t)(stop - at)})) return false;
    if (!slash) return true;
    at = slash;
  }
}

static bool is_field(struct slice field)
{
  return is_printable(field, FIELD_BYTES_MAX) && !holds(field, '/') && !holds(field, '#');
}

bool ref_parse(struct slice text, struct slice *path, struct slice *field)
{
  const uint8_t *hash = memchr(text.bytes, '#', text.length);
  *path = (struct slice){text.bytes, hash ? (size_t)(hash - text.bytes) : text.length};
  *field = (struct slice){NULL, 0};
  if (hash) *field = (struct slice){hash + 1, text.length - path->length - 1};
  return is_path(*path) && (!hash || is_field(*field));
}

bool ref_is_valid(const char *text)
{
  struct slice path, field;
  return ref_parse(slice_of(text), &path, &field);
}
