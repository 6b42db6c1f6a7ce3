// Walks the fields of a message by its row in the table.
#include "decode.h"
#include "limits.h"
#include "text.h"
#include <string.h>

/** The largest number that TypeScript holds exactly. */
static const uint64_t time_max = (UINT64_C(1) << 53) - 1;

struct walk {
  struct reader rest;
  const struct visitor *visitor;
};

static enum malformation decode_list(struct walk *walk, const char **fields, char end);

static void tell(const struct walk *walk, struct field field)
{
  if (walk->visitor) walk->visitor->visit(walk->visitor->context, &field);
}

static enum malformation decode_number(struct walk *walk, char kind, size_t width)
{
  struct field field = {.kind = kind};
  if (!reader_number(&walk->rest, width, &field.number)) return MALFORMED_TRUNCATED;
  if (kind == 'f' && field.number > 1) return MALFORMED_BAD_FLAG;
  if (kind == 't' && field.number > time_max) return MALFORMED_BAD_TIME;
  tell(walk, field);
  return WELL_FORMED;
}

static enum malformation decode_bytes(struct walk *walk, char kind, size_t width, size_t bytes_max)
{
  struct field field = {.kind = kind};
  if (!reader_number(&walk->rest, width, &field.number)) return MALFORMED_TRUNCATED;
  if (field.number > bytes_max) return MALFORMED_TOO_LONG;
  if (!reader_bytes(&walk->rest, field.number, &field.bytes)) return MALFORMED_TRUNCATED;
  bool text = kind != 'x';
  if (text && memchr(field.bytes.bytes, 0, field.bytes.length)) return MALFORMED_BAD_TEXT;
  if (text && !text_is_utf8(field.bytes)) return MALFORMED_BAD_TEXT;
  tell(walk, field);
  return WELL_FORMED;
}

static enum malformation decode_rows(struct walk *walk, const char **fields)
{
  struct field count = {.kind = '['};
  if (!reader_number(&walk->rest, 2, &count.number)) return MALFORMED_TRUNCATED;
  if (count.number > ROWS_MAX) return MALFORMED_TOO_LONG;
  tell(walk, count);
  const char *row = *fields;
  for (uint64_t i = 0; i < count.number; i++) {
    const char *inside = row;
    tell(walk, (struct field){.kind = '('});
    enum malformation fault = decode_list(walk, &inside, ')');
    if (fault != WELL_FORMED) return fault;
    tell(walk, (struct field){.kind = ')'});
  }
  tell(walk, (struct field){.kind = ']'});
  *fields = strchr(row, ')') + 1;
  return WELL_FORMED;
}

static enum malformation decode_field(struct walk *walk, char kind, const char **after)
{
  switch (kind) {
  case '1':
  case 'f': return decode_number(walk, kind, 1);
  case '2': return decode_number(walk, kind, 2);
  case '4': return decode_number(walk, kind, 4);
  case 't': return decode_number(walk, kind, 8);
  case 's': return decode_bytes(walk, kind, 2, TEXT_BYTES_MAX);
  case 'd': return decode_bytes(walk, kind, 4, DOCUMENT_BYTES_MAX);
  case 'x': return decode_bytes(walk, kind, 4, VALUE_BYTES_MAX);
  default: return decode_rows(walk, after);
  }
}

static enum malformation decode_list(struct walk *walk, const char **fields, char end)
{
  while (**fields != end) {
    char kind = *(*fields)++;
    enum malformation fault = decode_field(walk, kind, fields);
    if (fault != WELL_FORMED) return fault;
  }
  return WELL_FORMED;
}

enum malformation decode_fields(const char *fields, struct reader body, const struct visitor *visitor)
{
  struct walk walk = {body, visitor};
  enum malformation fault = decode_list(&walk, &fields, '\0');
  if (fault != WELL_FORMED) return fault;
  return walk.rest.left == 0 ? WELL_FORMED : MALFORMED_TRAILING;
}
