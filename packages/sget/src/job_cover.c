// The job of masking a text: it is sent back when all of it is done.
#include "exchange.h"
#include "job.h"
#include "redact.h"
#include <string.h>

/** By so much more than is needed the room grows: each time takes all of it twice for a moment. */
enum { GROWTH_BYTES = 128 * 1024 };

/** A label may be longer than what it stands for, so the text may grow; but not beyond what one frame carries. */
static enum failure gather(void *context, struct slice bytes)
{
  struct secret *masked = context;
  if (masked->length + bytes.length > VALUE_BYTES_MAX) return VALUE_TOO_LARGE;
  enum failure failure = OK;
  if (masked->length + bytes.length > masked->capacity)
    failure = secret_reserve(masked, masked->length + bytes.length + GROWTH_BYTES);
  if (failure) return failure;
  memcpy(masked->bytes + masked->length, bytes.bytes, bytes.length);
  masked->length += bytes.length;
  return OK;
}

/** Once the daemon has locked memory for it. */
static enum failure send_text(struct connection *daemon, const struct secret *masked)
{
  struct frame reply;
  enum failure failure = await_type(daemon, JOB_ID, MESSAGE_ROOM, &reply);
  if (failure) return failure;
  size_t start = frame_begin(&daemon->outbox, MESSAGE_SUPPLY, JOB_ID);
  writer_number(&daemon->outbox, 4, masked->length);
  frame_end(&daemon->outbox, start, masked->length);
  return connection_send(daemon, masked);
}

static size_t masked_values(const struct sought *sought)
{
  size_t values = 0;
  for (size_t i = 0; i < sought->patterns.known_count; i++) values += sought->counts[i] > 0;
  return values;
}

static enum failure tell_counts(struct connection *daemon, const struct sought *sought, bool fits)
{
  struct writer *into = &daemon->outbox;
  size_t start = frame_begin(into, MESSAGE_COVERED, JOB_ID);
  writer_number(into, 1, fits);
  writer_number(into, 2, masked_values(sought));
  for (size_t i = 0; i < sought->patterns.known_count; i++) {
    struct slice ref = sought_ref(sought, i);
    if (sought->counts[i] == 0) continue;
    writer_number(into, 2, ref.length);
    writer_bytes(into, ref.bytes, ref.length);
    writer_number(into, 4, sought->counts[i]);
  }
  frame_end(into, start, 0);
  return connection_send(daemon, NULL);
}

enum failure job_cover(struct connection *daemon, struct sought *sought, struct slice text)
{
  struct redaction redaction;
  struct secret masked = {0};
  enum failure failure = redact_begin(&redaction, sought, gather, &masked);
  if (failure) return failure;
  failure = secret_reserve(&masked, text.length);
  if (!failure) failure = redact_add(&redaction, text);
  enum failure ending = redact_end(&redaction);
  if (!failure) failure = ending;
  bool fits = failure != VALUE_TOO_LARGE;
  if (!failure || !fits) failure = tell_counts(daemon, sought, fits);
  if (!failure && fits) failure = send_text(daemon, &masked);
  secret_release(&masked);
  return failure;
}
