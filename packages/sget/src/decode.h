// Walks the fields of a message by its row in the table. Whatever arrives goes through here before any getter.
#pragma once
#include "buffer.h"

/** Why bytes are no message; the vectors name these. */
enum malformation {
  WELL_FORMED,
  MALFORMED_SHORT,
  MALFORMED_OVERSIZE,
  MALFORMED_UNKNOWN_TYPE,
  MALFORMED_TRUNCATED,
  MALFORMED_TRAILING,
  MALFORMED_BAD_FLAG,
  MALFORMED_BAD_TEXT,
  MALFORMED_BAD_TIME,
  MALFORMED_TOO_LONG,
};

/** A field as the walk meets it: its letter in the table, and a number or bytes. [ ( ) ] enclose rows. */
struct field {
  char kind;
  uint64_t number;
  struct slice bytes;
};

/** Told of every field in order. */
struct visitor {
  void (*visit)(void *context, const struct field *field);
  void *context;
};

/** Checks that `body` holds exactly these fields. `visitor` may be NULL. */
enum malformation decode_fields(const char *fields, struct reader body, const struct visitor *visitor);
