// sget put REF: standard input, byte for byte, becomes the value.
#include "commands.h"
#include "input.h"
#include "ref.h"
#include "report.h"
#include "session.h"
#include "store.h"
#include "terminal.h"
#include <unistd.h>

/** What standard input was: known only once it was read. */
static struct {
  bool trim;
  bool ended_in_newline;
} input;

static enum failure read_value(const struct source *source, int daemon, struct secret *into)
{
  bool typed = isatty(STDIN_FILENO);
  enum failure failure = typed ? terminal_ask_secret(source->question, daemon, true, into) : input_read(into);
  if (failure) return failure;
  input.ended_in_newline = into->length > 0 && into->bytes[into->length - 1] == '\n';
  if (input.ended_in_newline && input.trim) into->length--;
  return into->length > 0 ? OK : VALUE_EMPTY;
}

enum failure command_put(const struct installation *here, struct options *options)
{
  (void)here;
  const char *ref = options->operand;
  struct source source = {.obtain = read_value, .question = "value: ", .descriptor = -1};
  struct delivery delivery = {MESSAGE_PUT, ref, options->given & OPTION_REPLACE, &source};
  input.trim = options->given & OPTION_TRIM;
  if (!ref_is_valid(ref)) return refuse(BAD_REF, ref);
  report_trying("put", ref);
  enum failure failure = session_open(options, &the_daemon);
  if (!failure) failure = store(&the_daemon, &delivery);
  connection_close(&the_daemon);
  if (!failure && input.ended_in_newline && !input.trim)
    say(STDERR_FILENO, "sget: the value of ", ref, " ends in a newline, and was stored with it; --trim would take it off");
  return failure;
}
