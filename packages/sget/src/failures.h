// What can go wrong that is nobody's bug. Functions return one of these; OK is 0.
#pragma once
#include "buffer.h"

enum failure {
  OK = 0,
#define FAILURE(number, constant, name, exit, text, hint) constant = number,
#include "failures.def"
#undef FAILURE
};

/** One row of the table. `{}` in text and hint stands for the argument. */
struct failure_row {
  unsigned number;
  const char *name;
  int exit;
  const char *text;
  const char *hint;
};

/** Failures from this number on are of this program alone. */
enum { FAILURE_LOCAL_MIN = 1000 };

/** The whole table, and how many rows it has. */
extern const struct failure_row failures[];
extern const unsigned failures_count;

/** A number that the table does not have reads as `internal`. */
const struct failure_row *failure_row(uint64_t number);

/** The failure itself, with its argument kept for the report. */
enum failure refuse(enum failure failure, const char *argument);

enum failure refuse_with(enum failure failure, struct slice argument);

/** What `refuse` kept last, or "". */
const char *refused_argument(void);
