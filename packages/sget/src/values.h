// A read or a run: what is asked for, and the values that come, one frame each, in order.
#pragma once
#include "errand.h"
#include "exchange.h"
#include "options.h"

/** What the daemon lets a run be. */
struct terms {
  /** A human asked, and no agent. */
  bool human;
  /** The rule names this very command, so no variable that a loader or interpreter obeys may reach it. */
  bool cleaned;
};

/** What a read or a run asks for. */
struct wish {
  bool reveal;
  /** NULL for a read. */
  const struct errand *errand;
  const char *grant;
  const struct wanted *wanted;
  unsigned wanted_count;
};

/** One value as it came; all of it lies in the room that it was received into. */
struct value {
  struct slice variable, ref, secret;
};

/** Sends the read or run, goes through what a human must do, and lets nobody look any more. @param values how many will come */
enum failure values_begin(struct connection *daemon, const struct wish *wish, uint32_t *id, uint64_t *values);

/** The terms of a run, which come before its first value. */
enum failure values_terms(struct connection *daemon, uint32_t id, struct terms *terms);

/** The value of that index, received into `room`. */
enum failure values_next(struct connection *daemon, uint32_t id, uint64_t index, struct value *value);

/** The end of the read: nothing is used before the daemon has said so. */
enum failure values_end(struct connection *daemon, uint32_t id);
