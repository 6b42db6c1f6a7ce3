// The failure table and the argument of the failure at hand.
#include "failures.h"
#include "limits.h"
#include <string.h>

const struct failure_row failures[] = {
#define FAILURE(number, constant, name, exit, text, hint) {number, name, exit, text, hint},
#include "failures.def"
#undef FAILURE
};

const unsigned failures_count = sizeof failures / sizeof *failures;

const struct failure_row *failure_row(uint64_t number)
{
  const struct failure_row *internal = &failures[0];
  for (unsigned i = 0; i < failures_count; i++) {
    if (failures[i].number == number) return &failures[i];
    if (failures[i].number == INTERNAL) internal = &failures[i];
  }
  return internal;
}

static char argument_kept[TEXT_BYTES_MAX + 1];

enum failure refuse(enum failure failure, const char *argument)
{
  return refuse_with(failure, slice_of(argument));
}

enum failure refuse_with(enum failure failure, struct slice argument)
{
  size_t length = argument.length < TEXT_BYTES_MAX ? argument.length : TEXT_BYTES_MAX;
  if (length > 0) memmove(argument_kept, argument.bytes, length);
  argument_kept[length] = '\0';
  return failure;
}

const char *refused_argument(void)
{
  return argument_kept;
}
