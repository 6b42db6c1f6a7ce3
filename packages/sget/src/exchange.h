// Requests and their replies, as PROTOCOL.md tells them.
#pragma once
#include "connection.h"

/** A request under way. */
struct request {
  uint32_t id;
  size_t start;
};

/** Begins a request in the outbox; its fields are written there next. */
struct request request_begin(struct connection *daemon, uint8_t type);

enum failure request_send(struct connection *daemon, const struct request *request);

/** Sends a message without fields that goes with a request. */
enum failure message_send(struct connection *daemon, uint8_t type, uint32_t id);

/** The next reply to a request. The daemon's failure is returned as our own, with its argument. */
enum failure await_reply(struct connection *daemon, uint32_t id, struct frame *reply);

/** The next reply, which must be of that type. */
enum failure await_type(struct connection *daemon, uint32_t id, uint8_t type, struct frame *reply);

/** Goes through `waiting`, where a human must act, to `ready`. */
enum failure await_ready(struct connection *daemon, uint32_t id, uint64_t *values);

/**
 * While a request waits for a human, another one on the same connection may prove it. A reply to the one that waits
 * is kept for it meanwhile.
 */
void set_aside(uint32_t id);

/** Whether a reply to it has come. */
bool came_aside(void);

/**
 * What has arrived while a human was asked on behalf of `id`: a failure, SUPERSEDED by a reply set aside, or OK when
 * it is of no interest.
 */
enum failure hear_meanwhile(struct connection *daemon, uint32_t id);
