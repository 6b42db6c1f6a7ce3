// The job of scrubbing one history file.
#include "history.h"
#include "home.h"
#include "job.h"
#include "places.h"
#include <string.h>
#include <unistd.h>

/** What is none of the history files that we know is not touched, whoever wants it. */
static const char history_unknown[] = "no-history";

static enum failure tell_end(struct connection *daemon, const char *state, uint32_t count)
{
  struct writer *into = &daemon->outbox;
  size_t start = frame_begin(into, MESSAGE_STRUCK, JOB_ID);
  writer_text(into, state);
  writer_number(into, 4, count);
  frame_end(into, start, 0);
  return connection_send(daemon, NULL);
}

enum failure job_strike(struct connection *daemon, struct sought *sought, struct frame *order)
{
  static char home[HOME_BYTES_MAX], path[PATH_BYTES_MAX];
  struct slice wanted = {NULL, 0};
  reader_counted(&order->body, 2, &wanted);
  enum failure failure = home_of(geteuid(), home);
  if (failure) return failure;
  if (wanted.length >= sizeof path) return BAD_MESSAGE;
  memcpy(path, wanted.bytes, wanted.length);
  path[wanted.length] = '\0';
  const char *state = places_is_history(home, path) ? history_scrub(sought, path) : history_unknown;
  return tell_end(daemon, state, sought_total(sought));
}
