// A read: what is asked for, and the values that come, one frame each, in order.
#pragma once
#include "exchange.h"
#include "options.h"

/** What a read asks for. */
struct wish {
  uint8_t purpose;
  const char *grant;
  const char *command;
  const struct wanted *wanted;
  unsigned wanted_count;
};

/** One value as it came; all of it lies in the room that it was received into. */
struct value {
  struct slice variable, ref, secret;
};

/** Sends the read, goes through what a human must do, and lets nobody look any more. @param values how many will come */
enum failure values_begin(struct connection *daemon, const struct wish *wish, uint32_t *id, uint64_t *values);

/** The value of that index, received into `room`. */
enum failure values_next(struct connection *daemon, uint32_t id, uint64_t index, struct value *value);

/** The end of the read: nothing is used before the daemon has said so. */
enum failure values_end(struct connection *daemon, uint32_t id);
