// A terminal that does not show what is typed, and signals that wait until it does again.
#include "quiet.h"
#include <stddef.h>
#include <unistd.h>

static const int signals[QUIET_SIGNALS] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU};

static volatile sig_atomic_t caught;

static void catch(int signal)
{
  caught = signal;
}

static void take_signals(struct quiet *quiet)
{
  struct sigaction catching = {.sa_handler = catch};
  sigset_t all;
  sigemptyset(&all);
  for (int i = 0; i < QUIET_SIGNALS; i++) sigaddset(&all, signals[i]);
  sigprocmask(SIG_BLOCK, &all, &quiet->mask);
  for (int i = 0; i < QUIET_SIGNALS; i++) {
    sigaction(signals[i], NULL, &quiet->actions[i]);
    // What was ignored, by nohup for instance, stays ignored.
    if (quiet->actions[i].sa_handler != SIG_IGN) sigaction(signals[i], &catching, NULL);
  }
}

static void give_signals_back(const struct quiet *quiet)
{
  for (int i = 0; i < QUIET_SIGNALS; i++) sigaction(signals[i], &quiet->actions[i], NULL);
  if (caught) raise(caught);
  sigprocmask(SIG_SETMASK, &quiet->mask, NULL);
}

/** One in the background stops here, as a program does that reads from its terminal (termios(3), SIGTTOU). */
static bool is_foreground(int terminal)
{
  if (tcgetpgrp(terminal) == getpgrp()) return true;
  raise(SIGTTOU);
  return tcgetpgrp(terminal) == getpgrp();
}

bool quiet_begin(struct quiet *quiet, int terminal)
{
  caught = 0;
  quiet->terminal = terminal;
  if (!is_foreground(terminal) || tcgetattr(terminal, &quiet->before) < 0) return false;
  struct termios quietly = quiet->before;
  quietly.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
  quietly.c_lflag |= ICANON | ISIG;
  quietly.c_iflag |= ICRNL;
  take_signals(quiet);
  if (tcsetattr(terminal, TCSAFLUSH, &quietly) == 0) return true;
  give_signals_back(quiet);
  return false;
}

void quiet_end(struct quiet *quiet)
{
  tcsetattr(quiet->terminal, TCSAFLUSH, &quiet->before);
  give_signals_back(quiet);
}

int quiet_signal(void)
{
  return caught;
}
