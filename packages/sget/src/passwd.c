// sget passwd: the old passphrase proves the connection, then a new one takes its place.
#include "commands.h"
#include "passphrase.h"
#include "report.h"
#include "session.h"

enum failure command_passwd(const struct installation *here, struct options *options)
{
  (void)here;
  struct source old = passphrase_from(options->passphrase, "old sget passphrase: ");
  struct source new = passphrase_from(options->new_passphrase, "new sget passphrase: ");
  new.twice = true;
  report_trying("change", "the passphrase");
  enum failure failure = session_connect(options, &the_daemon);
  if (!failure) failure = deliver(&the_daemon, &(struct delivery){MESSAGE_PROVE, "", false, &old});
  if (!failure) failure = deliver(&the_daemon, &(struct delivery){MESSAGE_PASSWD, NULL, false, &new});
  connection_close(&the_daemon);
  return failure;
}
