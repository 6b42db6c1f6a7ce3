// The parent of a command that has a terminal of its own.
#include "monitor.h"
#include "descriptors.h"
#include "secret.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/** Its own three descriptors: it has no use for the standard ones, and keeps nothing else. */
enum { TERMINAL, LINK, SIGNALS };

static pid_t command;
/** The group that was in the foreground of the terminal before nobody was. */
static pid_t front;

static void tell(enum monitor_word word, int number)
{
  struct monitor_message message = {word, number};
  // Who has nobody to tell it to ends, and so does the command.
  if (send(LINK, &message, sizeof message, MSG_NOSIGNAL) != sizeof message) _exit(1);
}

static void take_descriptors(const struct start *start, int link, int signals)
{
  dup2(start->terminal, TERMINAL);
  dup2(link, LINK);
  dup2(signals, SIGNALS);
  descriptors_keep(NULL, 0);
}

/** What is left of the session goes on without its terminal's farewell, which is for the group in the foreground. */
static _Noreturn void leave(int status)
{
  tcsetpgrp(TERMINAL, getpid());
  tell(MONITOR_STATUS, status);
  _exit(0);
}

static void tell_changes(void)
{
  struct signalfd_siginfo some[16];
  int status;
  while (read(SIGNALS, some, sizeof some) > 0) continue;
  while (waitpid(command, &status, WNOHANG | WUNTRACED) == command) {
    if (WIFEXITED(status) || WIFSIGNALED(status)) leave(status);
    tell(MONITOR_STATUS, status);
  }
}

/** With nobody in the foreground, what reads from the terminal is stopped. */
static void resume(bool is_foreground)
{
  pid_t now = tcgetpgrp(TERMINAL), own = getpid();
  if (now != own) front = now;
  tcsetpgrp(TERMINAL, is_foreground ? front : own);
  kill(-getpgid(command), SIGCONT);
}

static void obey(void)
{
  struct monitor_message message;
  if (recv(LINK, &message, sizeof message, 0) != sizeof message) _exit(1);
  if (message.word == MONITOR_SIGNAL) kill(command, message.number);
  if (message.word == MONITOR_SIGNAL_GROUP) kill(-getpgid(command), message.number);
  if (message.word == MONITOR_RESUME) resume(message.number != 0);
}

_Noreturn void monitor(const struct start *start, int link)
{
  int error, signals;
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  setsid();
  ioctl(start->terminal, TIOCSCTTY, 0);
  command = start_child(start, &error);
  front = command;
  secrets_leave();
  signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  take_descriptors(start, link, signals);
  tell(MONITOR_STARTED, error);
  if (error) _exit(1);
  struct pollfd news[] = {{.fd = SIGNALS, .events = POLLIN}, {.fd = LINK, .events = POLLIN}};
  for (;;) {
    poll(news, 2, -1);
    if (news[0].revents) tell_changes();
    if (news[1].revents) obey();
  }
}
