// Requests that bring a secret in.
#include "deliver.h"
#include "hide.h"
#include "report.h"
#include "terminal.h"
#include <string.h>

static enum failure send_request(struct connection *daemon, const struct delivery *delivery, uint32_t *id)
{
  const char *fields = message_of_type(delivery->type)->fields;
  struct request request = request_begin(daemon, delivery->type);
  if (strchr(fields, 's')) writer_text(&daemon->outbox, delivery->text);
  if (strchr(fields, 'f')) writer_number(&daemon->outbox, 1, delivery->flag);
  *id = request.id;
  return request_send(daemon, &request);
}

/** A vault that is open needs no passphrase: then the daemon is done at once. */
static enum failure await_unlock(struct connection *daemon, uint32_t id, bool *is_open)
{
  struct frame reply;
  enum failure failure = await_reply(daemon, id, &reply);
  if (failure) return failure;
  *is_open = reply.type == MESSAGE_DONE;
  return *is_open || reply.type == MESSAGE_READY ? OK : BAD_MESSAGE;
}

/** A proof is what others wait for, so it never waits itself. */
static enum failure await_turn(struct connection *daemon, uint8_t type, uint32_t id, bool *is_done)
{
  struct frame reply;
  uint64_t values;
  if (type == MESSAGE_UNLOCK) return await_unlock(daemon, id, is_done);
  return type == MESSAGE_PROVE ? await_type(daemon, id, MESSAGE_READY, &reply) : await_ready(daemon, id, &values);
}

enum failure hand_over(struct connection *daemon, uint32_t id, const struct secret *secret)
{
  struct frame reply;
  enum failure failure = message_send(daemon, MESSAGE_ACK, id);
  if (!failure) failure = await_type(daemon, id, MESSAGE_ROOM, &reply);
  if (failure) return failure;
  size_t start = frame_begin(&daemon->outbox, MESSAGE_SUPPLY, id);
  writer_number(&daemon->outbox, 4, secret->length);
  frame_end(&daemon->outbox, start, secret->length);
  return connection_send(daemon, secret);
}

/** Asks again when what arrived meanwhile turns out to be of no interest. */
static enum failure obtain(struct connection *daemon, uint32_t id, const struct source *source, struct secret *secret)
{
  enum failure failure = came_aside() ? SUPERSEDED : source->obtain(source, daemon->socket, secret);
  while (failure == SUPERSEDED && !came_aside()) {
    failure = hear_meanwhile(daemon, id);
    if (!failure) failure = source->obtain(source, daemon->socket, secret);
  }
  return failure;
}

static enum failure deliver_once(struct connection *daemon, const struct delivery *delivery)
{
  uint32_t id;
  struct frame reply;
  struct secret secret = {0};
  bool is_done = false;
  enum failure failure = send_request(daemon, delivery, &id);
  if (!failure) failure = await_turn(daemon, delivery->type, id, &is_done);
  if (failure || is_done) return failure;
  failure = hide();
  if (!failure) failure = obtain(daemon, id, delivery->source, &secret);
  if (!failure) failure = hand_over(daemon, id, &secret);
  secret_release(&secret);
  show();
  return failure ? failure : await_type(daemon, id, MESSAGE_DONE, &reply);
}

static bool may_try_again(enum failure failure, const struct source *source)
{
  if (failure != PASSPHRASE_WRONG && failure != PASSPHRASE_DIFFERS && failure != PASSPHRASE_SHORT) return false;
  return source->typed;
}

enum failure deliver(struct connection *daemon, const struct delivery *delivery)
{
  enum failure failure = deliver_once(daemon, delivery);
  for (int tries = 1; tries < PASSPHRASE_TRIES_MAX && may_try_again(failure, delivery->source); tries++) {
    say(terminal_descriptor(), failure_row(failure)->text);
    failure = deliver_once(daemon, delivery);
  }
  return failure;
}
