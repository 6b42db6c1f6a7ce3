// sget prove ID: a human allows a request that waits, with the passphrase.
#include "commands.h"
#include "passphrase.h"
#include "report.h"
#include "session.h"

enum failure command_prove(const struct installation *here, struct options *options)
{
  (void)here;
  struct source source = passphrase_from(options->passphrase, passphrase_question);
  if (options->operand[0] == '\0') return refuse(REQUEST_UNKNOWN, "");
  report_trying("prove", options->operand);
  enum failure failure = session_connect(options, &the_daemon);
  if (!failure)
    failure = deliver(&the_daemon, &(struct delivery){MESSAGE_PROVE, options->operand, false, &source});
  connection_close(&the_daemon);
  return failure;
}
