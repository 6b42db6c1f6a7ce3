// Any bytes as a frame: refused, or exactly what writing its fields again gives, and not one byte less or more.
#include "../src/frame.h"
#include "fuzz.h"
#include <string.h>

static void write_field(void *context, const struct field *field)
{
  struct writer *into = context;
  switch (field->kind) {
  case '1':
  case 'f': writer_number(into, 1, field->number); break;
  case '[':
  case '2': writer_number(into, 2, field->number); break;
  case '4': writer_number(into, 4, field->number); break;
  case 't': writer_number(into, 8, field->number); break;
  case 's': writer_number(into, 2, field->bytes.length); break;
  case 'd':
  case 'x': writer_number(into, 4, field->bytes.length); break;
  default: break;
  }
  if (field->bytes.bytes) writer_bytes(into, field->bytes.bytes, field->bytes.length);
}

static void check_written(const struct head *head, const uint8_t *bytes, size_t length)
{
  struct writer again = {malloc(length), length, 0, false};
  must(again.bytes);
  size_t start = frame_begin(&again, head->message->type, head->id);
  struct reader body = {bytes + FRAME_HEAD_BYTES, head->body_bytes};
  decode_fields(head->message->fields, body, &(struct visitor){write_field, &again});
  frame_end(&again, start, 0);
  must(!again.full && again.length == length && memcmp(again.bytes, bytes, length) == 0);
  free(again.bytes);
}

/** A body that is longer or shorter than its message. */
static void check_bounds(const char *fields, struct reader body)
{
  struct reader shorter = {body.at, body.left - 1};
  if (body.left > 0) must(decode_fields(fields, shorter, NULL) != WELL_FORMED);
  uint8_t *more = calloc(body.left + 1, 1);
  must(more);
  memcpy(more, body.at, body.left);
  must(decode_fields(fields, (struct reader){more, body.left + 1}, NULL) != WELL_FORMED);
  free(more);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
  struct head head;
  if (length < FRAME_HEAD_BYTES || frame_head(bytes, &head) != WELL_FORMED) return 0;
  struct reader body = {bytes + FRAME_HEAD_BYTES, length - FRAME_HEAD_BYTES};
  if (body.left < head.body_bytes) return 0;
  body.left = head.body_bytes;
  if (decode_fields(head.message->fields, body, NULL) != WELL_FORMED) return 0;
  check_written(&head, bytes, FRAME_HEAD_BYTES + head.body_bytes);
  check_bounds(head.message->fields, body);
  return 0;
}
