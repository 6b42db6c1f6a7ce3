// A read or a run.
#include "values.h"
#include "hide.h"

static void write_wanted(struct writer *into, const struct wish *wish)
{
  writer_number(into, 2, wish->wanted_count);
  for (unsigned i = 0; i < wish->wanted_count; i++) {
    writer_text(into, wish->wanted[i].as == WANTED_VALUE ? wish->wanted[i].variable : "");
    writer_text(into, wish->wanted[i].ref);
  }
}

static enum failure send_read(struct connection *daemon, const struct wish *wish, uint32_t *id)
{
  struct request request = request_begin(daemon, MESSAGE_READ);
  writer_number(&daemon->outbox, 1, wish->reveal);
  writer_text(&daemon->outbox, wish->grant);
  write_wanted(&daemon->outbox, wish);
  *id = request.id;
  return request_send(daemon, &request);
}

static enum failure send_run(struct connection *daemon, const struct wish *wish, uint32_t *id)
{
  struct request request = request_begin(daemon, MESSAGE_RUN);
  writer_number(&daemon->outbox, 1, wish->errand->masked);
  writer_text(&daemon->outbox, wish->grant);
  errand_write(&daemon->outbox, wish->errand);
  write_wanted(&daemon->outbox, wish);
  *id = request.id;
  return request_send(daemon, &request);
}

enum failure values_begin(struct connection *daemon, const struct wish *wish, uint32_t *id, uint64_t *values)
{
  enum failure failure = wish->errand ? send_run(daemon, wish, id) : send_read(daemon, wish, id);
  if (!failure) failure = await_ready(daemon, *id, values);
  if (failure) return failure;
  if (*values == 0 || *values > REFS_PER_REQUEST_MAX) return BAD_MESSAGE;
  if (wish->wanted_count > 0 && *values != wish->wanted_count) return BAD_MESSAGE;
  // Not earlier: until it is ready the daemon looks at this process, and afterwards nobody may.
  failure = hide();
  return failure ? failure : message_send(daemon, MESSAGE_ACK, *id);
}

enum failure values_terms(struct connection *daemon, uint32_t id, struct terms *terms)
{
  struct frame frame;
  uint64_t human = 0, cleaned = 0;
  enum failure failure = await_type(daemon, id, MESSAGE_TERMS, &frame);
  if (failure) return failure;
  reader_number(&frame.body, 1, &human);
  reader_number(&frame.body, 1, &cleaned);
  *terms = (struct terms){human != 0, cleaned != 0};
  return OK;
}

enum failure values_next(struct connection *daemon, uint32_t id, uint64_t index, struct value *value)
{
  struct frame frame;
  uint64_t number = 0;
  secret_clear(daemon->room);
  enum failure failure = await_type(daemon, id, MESSAGE_VALUE, &frame);
  if (failure) return failure;
  reader_number(&frame.body, 2, &number);
  reader_counted(&frame.body, 2, &value->variable);
  reader_counted(&frame.body, 2, &value->ref);
  reader_counted(&frame.body, 4, &value->secret);
  return number == index ? OK : BAD_MESSAGE;
}

enum failure values_end(struct connection *daemon, uint32_t id)
{
  struct frame frame;
  daemon->room = NULL;
  return await_type(daemon, id, MESSAGE_DONE, &frame);
}
