// What a command finds as sget's caller left it.
#include "surroundings.h"
#include "pipes.h"
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

/** What a fault of our own raises, whom it must not find waiting. */
static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};

static void fill(sigset_t *waiting)
{
  sigfillset(waiting);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(waiting, faults[i]);
}

int surroundings_take(struct surroundings *before)
{
  sigset_t waiting;
  fill(&waiting);
  sigprocmask(SIG_SETMASK, &waiting, &before->mask);
  // Where it is ignored, the kernel keeps no word of how a child ended (wait(2)).
  sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, &before->child);
  getrlimit(RLIMIT_CORE, &before->core);
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, before->core.rlim_max});
  int descriptor = signalfd(-1, &waiting, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor < 0) abort();
  return descriptor;
}

void surroundings_restore(const struct surroundings *before)
{
  setrlimit(RLIMIT_CORE, &before->core);
  sigaction(SIGCHLD, &before->child, NULL);
  pipes_restore();
  sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

void suffer(int signal)
{
  sigset_t it, before;
  struct sigaction action;
  sigemptyset(&it);
  sigaddset(&it, signal);
  sigaction(signal, NULL, &action);
  if (action.sa_handler == SIG_IGN) return;
  sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
  raise(signal);
  sigprocmask(SIG_UNBLOCK, &it, &before);
  sigprocmask(SIG_SETMASK, &before, NULL);
  sigaction(signal, &action, NULL);
}
