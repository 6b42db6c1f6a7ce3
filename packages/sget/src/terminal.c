// The controlling terminal.
#define _GNU_SOURCE // ppoll
#include "terminal.h"
#include "limits.h"
#include "quiet.h"
#include "report.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int terminal_descriptor(void)
{
  static int terminal = -1;
  if (terminal < 0) terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  return terminal;
}

static bool has_more(int terminal)
{
  struct pollfd more = {.fd = terminal, .events = POLLIN};
  return poll(&more, 1, 0) > 0;
}

/** A terminal hands over whole lines, and one that is full was cut. */
static enum failure read_line(int terminal, struct secret *into)
{
  enum failure failure = secret_reserve(into, TERMINAL_LINE_BYTES_MAX);
  if (failure) return failure;
  ssize_t count = read(terminal, into->bytes, into->capacity);
  if (count < 0) return INPUT_FAILED;
  into->length = (size_t)count;
  if (into->length >= TERMINAL_LINE_BYTES_MAX) return VALUE_LINES;
  if (into->length > 0 && into->bytes[into->length - 1] == '\n') into->length--;
  return OK;
}

/** Waits for a line. A signal ends the wait with OK and nothing read: `quiet_signal` tells. */
static enum failure await_line(const struct quiet *quiet, int watched, struct secret *into)
{
  struct pollfd sources[] = {{.fd = quiet->terminal, .events = POLLIN}, {.fd = watched, .events = POLLIN}};
  struct timespec wait = {.tv_sec = PROMPT_WAIT_MS / 1000};
  while (!quiet_signal()) {
    int count = ppoll(sources, 2, &wait, &quiet->mask);
    if (count < 0 && errno != EINTR) return INPUT_FAILED;
    if (count == 0) return APPROVAL_EXPIRED;
    if (count < 0) continue;
    return sources[1].revents ? SUPERSEDED : read_line(quiet->terminal, into);
  }
  return OK;
}

enum failure terminal_ask_secret(const char *question, int watched, bool alone, struct secret *into)
{
  enum failure failure = PASSPHRASE_UNAVAILABLE;
  int interrupted;
  struct quiet quiet;
  do {
    if (terminal_descriptor() < 0 || !quiet_begin(&quiet, terminal_descriptor())) return PASSPHRASE_UNAVAILABLE;
    print_parts(quiet.terminal, "", (const char *const[]){question, NULL});
    failure = await_line(&quiet, watched, into);
    if (!failure && alone && has_more(quiet.terminal)) failure = VALUE_LINES;
    print_parts(quiet.terminal, "\n", (const char *const[]){NULL});
    interrupted = quiet_signal();
    quiet_end(&quiet);
    // Whoever is still here was stopped and continued: asked again.
  } while (!failure && interrupted);
  return failure;
}

bool terminal_agrees(const char *const question[])
{
  char answer[16] = {0};
  int terminal = terminal_descriptor();
  if (terminal < 0) return false;
  // Neither what was typed ahead is an answer, nor what follows one a command for the shell.
  tcflush(terminal, TCIFLUSH);
  print_parts(terminal, " [y/N] ", question);
  ssize_t count = read(terminal, answer, sizeof answer - 1);
  tcflush(terminal, TCIFLUSH);
  return count > 0 && (strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0);
}
