// Passes bytes through a mask to their end and counts what was masked. Nobody waits for a part of it, so nothing is let go
// by the clock.
#pragma once
#include "mask.h"
#include "sought.h"

/** Takes masked bytes; anything but OK ends the work. */
typedef enum failure redact_sink(void *context, struct slice bytes);

struct redaction {
  struct mask mask;
  struct sought *sought;
  redact_sink *sink;
  void *context;
};

/** What is masked is counted in `sought`. */
enum failure redact_begin(struct redaction *redaction, struct sought *sought, redact_sink *sink, void *context);

enum failure redact_add(struct redaction *redaction, struct slice bytes);

/** The same of what a descriptor gives, at most so many bytes at once. @param count how many there were, 0 at the end */
enum failure redact_read(struct redaction *redaction, int file, uint64_t bytes_max, size_t *count);

/** All that is held comes out. Wipes, whatever went before. */
enum failure redact_end(struct redaction *redaction);
