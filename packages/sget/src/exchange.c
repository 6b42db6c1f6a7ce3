// Requests and their replies.
#include "exchange.h"
#include "waiting.h"
#include <string.h>

struct request request_begin(struct connection *daemon, uint8_t type)
{
  uint32_t id = ++daemon->last_id;
  return (struct request){id, frame_begin(&daemon->outbox, type, id)};
}

enum failure request_send(struct connection *daemon, const struct request *request)
{
  frame_end(&daemon->outbox, request->start, 0);
  return connection_send(daemon, NULL);
}

enum failure message_send(struct connection *daemon, uint8_t type, uint32_t id)
{
  struct request message = {id, frame_begin(&daemon->outbox, type, id)};
  return request_send(daemon, &message);
}

static uint32_t aside_id;
static bool aside_came;
static struct frame aside;
static uint8_t aside_body[TEXT_BYTES_MAX + FRAME_HEAD_BYTES];

void set_aside(uint32_t id)
{
  aside_id = id;
}

bool came_aside(void)
{
  return aside_came;
}

/** Keeps a reply; a later one counts. That the request still waits is no news. */
static enum failure keep_aside(const struct frame *frame)
{
  if (frame->type == MESSAGE_WAITING) return OK;
  if (frame->type != MESSAGE_READY && frame->type != MESSAGE_FAILURE) return BAD_MESSAGE;
  if (frame->body.left > sizeof aside_body) return BAD_MESSAGE;
  memcpy(aside_body, frame->body.at, frame->body.left);
  aside = (struct frame){frame->type, frame->id, {aside_body, frame->body.left}};
  aside_came = true;
  return OK;
}

static enum failure failure_in(struct frame *frame)
{
  uint64_t number = 0;
  struct slice argument = {NULL, 0};
  reader_number(&frame->body, 2, &number);
  reader_counted(&frame->body, 2, &argument);
  bool known = number < FAILURE_LOCAL_MIN && failure_row(number)->number == number;
  return refuse_with(known ? (enum failure)number : INTERNAL, argument);
}

/** A frame for this request, or one that ends the connection whatever it is for. */
static bool concerns(const struct frame *frame, uint32_t id)
{
  return frame->id == id || (frame->id == 0 && frame->type == MESSAGE_FAILURE);
}

/** What belongs to a request that was given up is of no interest any more, unless it is a value. */
static enum failure pass_over(const struct frame *frame)
{
  if (frame->type == MESSAGE_VALUE) return BAD_MESSAGE;
  return aside_id != 0 && frame->id == aside_id ? keep_aside(frame) : OK;
}

enum failure await_reply(struct connection *daemon, uint32_t id, struct frame *reply)
{
  bool kept = aside_came && aside.id == id;
  if (kept) *reply = aside;
  if (kept) aside_came = false;
  while (!kept) {
    enum failure failure = connection_receive(daemon, reply);
    if (failure) return failure;
    if (concerns(reply, id)) break;
    failure = pass_over(reply);
    if (failure) return failure;
  }
  return reply->type == MESSAGE_FAILURE ? failure_in(reply) : OK;
}

enum failure await_type(struct connection *daemon, uint32_t id, uint8_t type, struct frame *reply)
{
  enum failure failure = await_reply(daemon, id, reply);
  if (failure) return failure;
  return reply->type == type ? OK : BAD_MESSAGE;
}

enum failure await_ready(struct connection *daemon, uint32_t id, uint64_t *values)
{
  struct frame reply;
  enum failure failure = await_reply(daemon, id, &reply);
  for (; !failure; failure = await_reply(daemon, id, &reply)) {
    switch (reply.type) {
    case MESSAGE_WAITING: failure = answer_waiting(daemon, id, &reply); break;
    case MESSAGE_INVITATION: tell_invitation(daemon, &reply); break;
    case MESSAGE_STALE: tell_stale(&reply); break;
    case MESSAGE_READY: reader_number(&reply.body, 2, values); return OK;
    default: return BAD_MESSAGE;
    }
    if (failure) return failure;
  }
  return failure;
}

enum failure hear_meanwhile(struct connection *daemon, uint32_t id)
{
  struct frame frame;
  enum failure failure = connection_receive(daemon, &frame);
  if (failure) return failure;
  if (concerns(&frame, id)) return frame.type == MESSAGE_FAILURE ? failure_in(&frame) : BAD_MESSAGE;
  failure = pass_over(&frame);
  return !failure && aside_came ? SUPERSEDED : failure;
}
