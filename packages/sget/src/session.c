// A connection on which a command can begin.
#include "session.h"
#include "home.h"
#include "passphrase.h"
#include "paths.h"
#include <unistd.h>

enum failure session_connect(const struct options *options, struct connection *daemon)
{
  static char home[HOME_BYTES_MAX];
  static char path[SOCKET_PATH_BYTES_MAX + 1];
  enum failure failure = options->instance ? OK : home_of(geteuid(), home);
  if (!failure) failure = paths_socket(home, options->instance, path);
  return failure ? failure : connection_open(daemon, path);
}

enum failure session_open(const struct options *options, struct connection *daemon)
{
  enum failure failure = session_connect(options, daemon);
  if (failure || options->passphrase < 0) return failure;
  struct source source = passphrase_from_descriptor(options->passphrase);
  return deliver(daemon, &(struct delivery){.type = MESSAGE_PROVE, .text = "", .source = &source});
}
