// What to do when the daemon says that a human must act.
#include "waiting.h"
#include "deliver.h"
#include "passphrase.h"
#include "report.h"
#include "terminal.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct waiting {
  enum failure need;
  /** How long the daemon waits for an answer. */
  uint64_t seconds;
  char request[TEXT_BYTES_MAX + 1];
  char summary[TEXT_BYTES_MAX + 1];
};

static void copy_text(char into[static TEXT_BYTES_MAX + 1], struct slice text)
{
  memcpy(into, text.bytes, text.length);
  into[text.length] = '\0';
}

static void read_waiting(struct frame *frame, struct waiting *waiting)
{
  struct slice request = {frame->body.at, 0}, summary = request;
  uint64_t level = LEVEL_PROOF;
  reader_counted(&frame->body, 2, &request);
  reader_number(&frame->body, 1, &level);
  reader_counted(&frame->body, 2, &summary);
  reader_number(&frame->body, 2, &waiting->seconds);
  waiting->need = level == LEVEL_ACK ? NEEDS_ACK : NEEDS_PROOF;
  copy_text(waiting->request, request);
  copy_text(waiting->summary, summary);
}

void tell_invitation(struct connection *daemon, struct frame *frame)
{
  struct slice url = {NULL, 0}, code = {NULL, 0};
  uint64_t seconds = 0;
  char text[TEXT_BYTES_MAX + 1];
  reader_counted(&frame->body, 2, &url);
  reader_counted(&frame->body, 2, &code);
  reader_number(&frame->body, 2, &seconds);
  connection_be_patient(daemon, seconds);
  copy_text(text, url);
  say(STDERR_FILENO, "sget: waits until you have signed in, in your browser: ", text);
  copy_text(text, code);
  if (code.length > 0) say(STDERR_FILENO, "    and type there: ", text);
}

void tell_stale(struct frame *frame)
{
  enum { MINUTE = 60, HOUR = 60 * MINUTE };
  struct slice ref = {NULL, 0};
  uint64_t seconds = 0;
  char text[TEXT_BYTES_MAX + 1], age[32];
  reader_counted(&frame->body, 2, &ref);
  reader_number(&frame->body, 4, &seconds);
  copy_text(text, ref);
  if (seconds < 2 * MINUTE) snprintf(age, sizeof age, "%u s", (unsigned)seconds);
  else if (seconds < 2 * HOUR) snprintf(age, sizeof age, "%u min", (unsigned)(seconds / MINUTE));
  else snprintf(age, sizeof age, "%u h", (unsigned)(seconds / HOUR));
  say(STDERR_FILENO, "sget: the vault of ", text, " cannot be reached: its value is ", age, " old");
}

/** For a click elsewhere. It takes no passphrase, so there is something to wait for where none can be typed. */
static enum failure await_click(struct connection *daemon, const struct waiting *waiting)
{
  connection_be_patient(daemon, waiting->seconds);
  say(STDERR_FILENO, "sget: waits for a human: ", waiting->summary);
  say(STDERR_FILENO, "    you, in a terminal of your own: sgetctl approve ", waiting->request);
  return OK;
}

/** Of two answers the later may find the request gone; an agent is not asked, but the human can be. */
static enum failure after_proof(struct connection *daemon, enum failure failure, const struct waiting *waiting)
{
  switch (failure) {
  case SUPERSEDED:
  case REQUEST_UNKNOWN: return OK;
  case WRONG_SENDER:
  case NOT_HUMAN:
  case AGENT_FORBIDDEN:
  case PASSPHRASE_AGENT:
    if (waiting->need == NEEDS_ACK) return await_click(daemon, waiting);
    return refuse(waiting->need, waiting->request);
  default: return failure;
  }
}

enum failure answer_waiting(struct connection *daemon, uint32_t id, struct frame *frame)
{
  static struct waiting waiting;
  read_waiting(frame, &waiting);
  int terminal = terminal_descriptor();
  if (terminal < 0 && waiting.need == NEEDS_ACK) return await_click(daemon, &waiting);
  // The request ends with this connection: to name it would send the human after nothing.
  if (terminal < 0) return refuse(PASSPHRASE_UNAVAILABLE, "");
  struct source source = passphrase_from_terminal(passphrase_question);
  struct delivery proof = {.type = MESSAGE_PROVE, .text = waiting.request, .source = &source};
  const char *elsewhere = waiting.need == NEEDS_ACK ? "sgetctl approve " : "sget prove ";
  say(terminal, "sget: waits for a human: ", waiting.summary);
  say(terminal, "    answer here, or elsewhere: ", elsewhere, waiting.request);
  set_aside(id);
  enum failure failure = deliver(daemon, &proof);
  set_aside(0);
  return after_proof(daemon, failure, &waiting);
}
