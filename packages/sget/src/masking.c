// sget mask: standard input comes out again with the values in it masked. sgetd has it done: no value comes here.
#include "commands.h"
#include "deliver.h"
#include "hide.h"
#include "input.h"
#include "output.h"
#include "report.h"
#include "session.h"
#include <unistd.h>

static enum failure await_text(struct connection *daemon, uint32_t id, struct slice *text)
{
  struct frame frame;
  struct slice variable, ref;
  uint64_t index;
  enum failure failure = await_type(daemon, id, MESSAGE_VALUE, &frame);
  if (failure) return failure;
  reader_number(&frame.body, 2, &index);
  reader_counted(&frame.body, 2, &variable);
  reader_counted(&frame.body, 2, &ref);
  reader_counted(&frame.body, 4, text);
  daemon->room = NULL;
  return await_type(daemon, id, MESSAGE_DONE, &frame);
}

/** @param masked holds the text, whose place in it is told */
static enum failure have_masked(struct connection *daemon, struct secret *given, struct secret *masked, struct slice *text)
{
  uint64_t values;
  struct request request = request_begin(daemon, MESSAGE_MASK);
  enum failure failure = request_send(daemon, &request);
  if (!failure) failure = await_ready(daemon, request.id, &values);
  if (!failure) failure = hide();
  if (!failure) failure = input_read(given);
  if (!failure) failure = hand_over(daemon, request.id, given);
  daemon->room = masked;
  return failure ? failure : await_text(daemon, request.id, text);
}

enum failure command_mask(const struct installation *here, struct options *options)
{
  struct secret given = {0}, masked = {0};
  struct slice text = {NULL, 0};
  (void)here;
  report_trying("mask", "standard input");
  enum failure failure = session_open(options, &the_daemon);
  if (!failure) failure = have_masked(&the_daemon, &given, &masked, &text);
  // Nothing of it is written before all of it is masked.
  if (!failure) failure = output_all(STDOUT_FILENO, text);
  connection_close(&the_daemon);
  secret_release(&given);
  secret_release(&masked);
  return failure;
}
