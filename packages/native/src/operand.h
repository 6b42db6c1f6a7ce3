// The first argument of a command line that is no flag.
#ifndef SGET_OPERAND_H
#define SGET_OPERAND_H

#include "native.h"

enum { wordsBytesMax = 512 };

// Flags of an interpreter, each list separated and enclosed by single spaces.
struct flags {
  char valued[wordsBytesMax], inlined[wordsBytesMax];
};

// Takes the lists " -a -b " from JavaScript; throws a TypeError and returns false when they are something else.
bool take_flags(napi_env env, napi_value valued, napi_value inlined, struct flags *out);

// The first word behind the program's own that is neither a flag nor the value of one; NULL without one, or where a flag
// stands instead. Words end with NUL; what follows the one that is found is never looked at.
const char *first_operand(const char *command, size_t length, const struct flags *flags);

#endif
