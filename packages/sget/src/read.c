// sget REF: exactly the bytes of one value on standard output, or nothing at all.
#include "commands.h"
#include "output.h"
#include "ref.h"
#include "report.h"
#include "session.h"
#include "values.h"
#include <unistd.h>

/** All of it arrives before the first byte is written: half a secret is no secret. */
static enum failure print_value(struct connection *daemon, const struct wish *wish)
{
  struct secret room = {0};
  struct value value;
  uint32_t id;
  uint64_t values;
  enum failure failure = values_begin(daemon, wish, &id, &values);
  daemon->room = &room;
  if (!failure) failure = values_next(daemon, id, 0, &value);
  if (!failure) failure = values_end(daemon, id);
  if (!failure) failure = output_all(STDOUT_FILENO, value.secret);
  daemon->room = NULL;
  secret_release(&room);
  return failure;
}

enum failure command_read(const struct installation *here, struct options *options)
{
  (void)here;
  struct wanted wanted = {.variable = "", .ref = options->word};
  struct wish wish = {
    .reveal = (options->given & OPTION_REVEAL) != 0,
    .grant = options->grant,
    .wanted = &wanted,
    .wanted_count = 1,
  };
  if (!ref_is_valid(wanted.ref)) return refuse(BAD_REF, wanted.ref);
  report_trying("read", wanted.ref);
  enum failure failure = session_open(options, &the_daemon);
  if (!failure) failure = print_value(&the_daemon, &wish);
  connection_close(&the_daemon);
  return failure;
}
