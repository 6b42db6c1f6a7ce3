// Storing a value, and asking before one is replaced.
#include "store.h"
#include "terminal.h"

enum failure store(struct connection *daemon, struct delivery *put)
{
  enum failure failure = deliver(daemon, put);
  if (failure != EXISTS || put->flag) return failure;
  if (!terminal_agrees((const char *const[]){put->text, " has a value. Replace it?", NULL})) return failure;
  put->flag = true;
  return deliver(daemon, put);
}
