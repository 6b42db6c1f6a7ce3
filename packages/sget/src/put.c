// sget put REF: standard input, byte for byte, becomes the value.
#include "commands.h"
#include "ref.h"
#include "report.h"
#include "session.h"
#include "store.h"
#include "terminal.h"
#include <errno.h>
#include <unistd.h>

/** What standard input was: known only once it was read. */
static struct {
  bool trim;
  bool ended_in_newline;
} input;

/** Reads to the end; one byte beyond what is allowed shows that there is too much. */
static enum failure read_all(struct secret *into)
{
  enum { FIRST_BYTES = 16 * 1024 };
  enum failure failure = secret_reserve(into, FIRST_BYTES);
  while (!failure) {
    ssize_t count = read(STDIN_FILENO, into->bytes + into->length, into->capacity - into->length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return INPUT_FAILED;
    if (count == 0) return OK;
    into->length += (size_t)count;
    if (into->length > VALUE_BYTES_MAX) return VALUE_TOO_LARGE;
    if (into->length == into->capacity) failure = secret_reserve(into, 2 * into->capacity);
  }
  return failure;
}

static enum failure read_value(const struct source *source, int daemon, struct secret *into)
{
  bool typed = isatty(STDIN_FILENO);
  enum failure failure = typed ? terminal_ask_secret(source->question, daemon, true, into) : read_all(into);
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
