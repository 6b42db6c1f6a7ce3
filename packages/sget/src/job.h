// What a worker of sgetd does: one job, over the socket pair that it was started with.
#pragma once
#include "connection.h"
#include "sought.h"

enum {
  /** Where sgetd left the worker's end. */
  JOB_DESCRIPTOR = 3,
  /** The id of everything that passes. */
  JOB_ID = 1,
};

/** Looks for the values where `look` says, and tells what was found. */
enum failure job_look(struct connection *daemon, struct sought *sought, struct frame *order);

/** Masks a text and sends it back. */
enum failure job_cover(struct connection *daemon, struct sought *sought, struct slice text);

/** Scrubs one history file. */
enum failure job_strike(struct connection *daemon, struct sought *sought, struct frame *order);
