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

/** All that is held comes out. Wipes, whatever went before. */
enum failure redact_end(struct redaction *redaction);
