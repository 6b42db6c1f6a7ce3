// Any bytes as all that a daemon ever says. The first chooses what sget is about; the others come over a socket.
#include "../src/deliver.h"
#include "../src/report.h"
#include "../src/terminal.h"
#include "../src/values.h"
#include "fuzz.h"
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uint8_t sent[OUTBOX_BYTES_MAX];
static int nowhere;

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
  (void)count, (void)arguments;
  nowhere = open("/dev/null", O_WRONLY);
  if (terminal_descriptor() < 0) return 0;
  fputs("start it without a terminal (setsid), or sget asks that for passphrases\n", stderr);
  exit(2);
}

static enum failure obtain(const struct source *source, int daemon, struct secret *into)
{
  (void)source, (void)daemon;
  enum failure failure = secret_reserve(into, 8);
  if (failure) return failure;
  memcpy(into->bytes, "password", 8);
  into->length = 8;
  return OK;
}

/** Every frame, whatever it is for. */
static enum failure hear_all(struct connection *daemon, unsigned which)
{
  struct frame frame;
  enum failure failure;
  daemon->greeted = which % 2 == 0;
  do failure = connection_receive(daemon, &frame);
  while (!failure);
  return failure;
}

static enum failure read_values(struct connection *daemon, unsigned which)
{
  static const struct wanted wanted[] = {{.variable = "A", .ref = "a/b"}, {.variable = "B", .ref = "c/d#e"}};
  static char *const words[] = {"true", NULL};
  static const struct errand errand = {.program = "/bin/true", .words = words};
  struct wish wish = {.wanted = wanted, .wanted_count = which % 3, .errand = which & 4 ? &errand : NULL};
  struct terms terms;
  struct value value;
  uint32_t id;
  uint64_t values = 0;
  enum failure failure = values_begin(daemon, &wish, &id, &values);
  if (!failure && wish.errand) failure = values_terms(daemon, id, &terms);
  for (uint64_t i = 0; !failure && i < values; i++) {
    failure = values_next(daemon, id, i, &value);
    if (failure) break;
    const uint8_t *end = daemon->room->bytes + daemon->room->length;
    must(value.secret.bytes >= daemon->room->bytes && value.secret.bytes + value.secret.length == end);
  }
  return failure ? failure : values_end(daemon, id);
}

static enum failure bring_secret(struct connection *daemon, unsigned which)
{
  static const uint8_t types[] = {MESSAGE_PUT, MESSAGE_UNLOCK, MESSAGE_PROVE, MESSAGE_PASSWD};
  struct source source = {.obtain = obtain, .descriptor = -1};
  return deliver(daemon, &(struct delivery){types[which % 4], "a/b", which & 4, &source});
}

/** What comes while a human is asked on behalf of request 2, for which request 1 waits. */
static enum failure hear_in_between(struct connection *daemon, unsigned which)
{
  struct frame frame;
  daemon->greeted = which % 2 == 0;
  set_aside(1);
  enum failure failure;
  do failure = hear_meanwhile(daemon, 2);
  while (!failure);
  must((failure == SUPERSEDED) == came_aside());
  if (came_aside()) await_reply(daemon, 1, &frame);
  set_aside(0);
  return failure;
}

typedef enum failure play(struct connection *daemon, unsigned which);
static play *const plays[] = {hear_all, read_values, bring_secret, hear_in_between};

/** All that is said lies in the socket before sget listens, and what sget says is never read. */
static int speak(const uint8_t *bytes, size_t length)
{
  int ends[2];
  must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  must(send(ends[1], bytes, length, MSG_DONTWAIT) == (ssize_t)length && shutdown(ends[1], SHUT_WR) == 0);
  the_daemon.socket = ends[0];
  return ends[1];
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
  struct secret room = {0};
  if (length < 2) return 0;
  the_daemon = (struct connection){.outbox = {sent, sizeof sent, 0, false}, .room = &room};
  int other = speak(bytes + 1, length - 1);
  enum failure failure = plays[bytes[0] % 4](&the_daemon, bytes[0] / 4);
  say(nowhere, failure_row(failure)->text, refused_argument());
  secret_release(&room);
  connection_close(&the_daemon);
  close(other);
  return 0;
}
