// Everything that is said to a human: one place that prints, and that lets nothing unprintable through.
#pragma once
#include "failures.h"
#include <stdbool.h>

/** The name that messages begin with: one of the four. */
void report_as(const char *program);

/** What is being tried, for the message when it fails: "read", "db/prod". The strings must live on. */
void report_trying(const char *verb, const char *object);

/** That the commands in hints need `--home DIR`. */
void report_instance(const char *instance);

/** Says on standard error what was tried, what stopped it and what to do next. Returns the exit status. */
int report(enum failure failure);

/** Writes the parts one after another, up to NULL, and then `end` as it is. Returns whether all could be written. */
bool print_parts(int descriptor, const char *end, const char *const parts[]);

/** Says one line. */
#define say(descriptor, ...) print_parts((descriptor), "\n", (const char *const[]){__VA_ARGS__, NULL})

/** Decimal digits of a number, in `into`. */
const char *decimal(char into[static 24], uint64_t number);
