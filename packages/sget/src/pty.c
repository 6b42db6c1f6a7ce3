// Terminals.
#define _GNU_SOURCE // TIOCGPTPEER
#include "pty.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

void pty_resize(int master, int like)
{
  struct winsize size;
  if (ioctl(like, TIOCGWINSZ, &size) == 0) ioctl(master, TIOCSWINSZ, &size);
}

bool pty_open(int like, bool is_whole, int *master, int *slave)
{
  struct termios settings;
  *slave = -1;
  *master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (*master < 0) return false;
  if (unlockpt(*master) == 0) *slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (*slave < 0 || tcgetattr(like, &settings) < 0) {
    close(*master);
    if (*slave >= 0) close(*slave);
    return false;
  }
  if (!is_whole) settings.c_oflag &= ~(tcflag_t)OPOST;
  tcsetattr(*slave, TCSANOW, &settings);
  pty_resize(*master, like);
  return true;
}

/** Of another session's terminal nobody here is in the background. */
static bool is_foreground(int terminal)
{
  pid_t front = tcgetpgrp(terminal);
  return front < 0 || front == getpgrp();
}

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
enum { FAULTS = sizeof faults / sizeof *faults };

static struct sigaction answers[FAULTS];
static const struct keyboard *taken;

/** Then it is dealt with as it was before. */
static void give_back_at_fault(int signal)
{
  int error = errno;
  tcsetattr(taken->terminal, TCSANOW, &taken->before);
  for (int i = 0; i < FAULTS; i++)
    if (faults[i] == signal) sigaction(signal, &answers[i], NULL);
  raise(signal);
  errno = error;
}

bool keyboard_take(struct keyboard *keyboard)
{
  if (keyboard->is_taken) return true;
  if (!is_foreground(keyboard->terminal) || tcgetattr(keyboard->terminal, &keyboard->before) < 0) return false;
  struct termios raw = keyboard->before;
  cfmakeraw(&raw);
  taken = keyboard;
  for (int i = 0; i < FAULTS; i++)
    sigaction(faults[i], &(struct sigaction){.sa_handler = give_back_at_fault}, &answers[i]);
  tcsetattr(keyboard->terminal, TCSANOW, &raw);
  keyboard->is_taken = true;
  return true;
}

void keyboard_give_back(struct keyboard *keyboard)
{
  if (!keyboard->is_taken) return;
  tcsetattr(keyboard->terminal, TCSANOW, &keyboard->before);
  for (int i = 0; i < FAULTS; i++) sigaction(faults[i], &answers[i], NULL);
  keyboard->is_taken = false;
}
