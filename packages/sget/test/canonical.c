// What bytes mean, in the canonical text of the vectors.
#include "canonical.h"
#include "../src/frame.h"
#include <inttypes.h>

static const char *const malformations[] = {
  [MALFORMED_SHORT] = "short",         [MALFORMED_OVERSIZE] = "oversize", [MALFORMED_UNKNOWN_TYPE] = "unknown-type",
  [MALFORMED_TRUNCATED] = "truncated", [MALFORMED_TRAILING] = "trailing", [MALFORMED_BAD_FLAG] = "bad-flag",
  [MALFORMED_BAD_TEXT] = "bad-text",   [MALFORMED_BAD_TIME] = "bad-time", [MALFORMED_TOO_LONG] = "too-long",
};

/** Fields are parted by one space, but for the first of a list and of a row. */
struct printer {
  FILE *out;
  bool first;
};

void canonical_text(FILE *out, struct slice text)
{
  fputc('"', out);
  for (size_t i = 0; i < text.length; i++) {
    uint8_t byte = text.bytes[i];
    bool plain = byte >= 0x20 && byte <= 0x7e && byte != '"' && byte != '\\';
    if (plain) fputc(byte, out);
    else fprintf(out, "\\x%02x", byte);
  }
  fputc('"', out);
}

static void print_secret(FILE *out, struct slice secret)
{
  fputc('<', out);
  for (size_t i = 0; i < secret.length; i++) fprintf(out, "%02x", secret.bytes[i]);
  fputc('>', out);
}

static void print_field(void *context, const struct field *field)
{
  struct printer *printer = context;
  bool closes = field->kind == ')' || field->kind == ']';
  if (!closes && !printer->first) fputc(' ', printer->out);
  printer->first = field->kind == '[' || field->kind == '(';
  switch (field->kind) {
  case '[':
  case '(':
  case ')':
  case ']': fputc(field->kind, printer->out); break;
  case 's':
  case 'd': canonical_text(printer->out, field->bytes); break;
  case 'x': print_secret(printer->out, field->bytes); break;
  case 'f': fputs(field->number ? "true" : "false", printer->out); break;
  default: fprintf(printer->out, "%" PRIu64, field->number);
  }
}

static enum malformation read_frame(struct slice stream, struct head *head, struct reader *body)
{
  if (stream.length < FRAME_HEAD_BYTES) return MALFORMED_TRUNCATED;
  enum malformation fault = frame_head(stream.bytes, head);
  if (fault != WELL_FORMED) return fault;
  *body = (struct reader){stream.bytes + FRAME_HEAD_BYTES, stream.length - FRAME_HEAD_BYTES};
  if (body->left < head->body_bytes) return MALFORMED_TRUNCATED;
  if (body->left > head->body_bytes) return MALFORMED_TRAILING;
  return decode_fields(head->message->fields, *body, NULL);
}

void canonical_frame(FILE *out, struct slice stream)
{
  struct head head;
  struct reader body;
  enum malformation fault = read_frame(stream, &head, &body);
  if (fault != WELL_FORMED) {
    fprintf(out, "refuse %s", malformations[fault]);
    return;
  }
  fprintf(out, "%s %" PRIu32, head.message->name, head.id);
  struct printer printer = {out, false};
  decode_fields(head.message->fields, body, &(struct visitor){print_field, &printer});
}
