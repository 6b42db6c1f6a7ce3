// What a command has left running goes on to print.
#include "outlive.h"
#include "descriptors.h"
#include "secret.h"
#include <stdlib.h>
#include <unistd.h>

/** Nothing of the caller's but where the output goes. */
static void leave_caller(struct supervision *run)
{
  int kept[2 * OUTLETS_MAX];
  unsigned count = 0;
  for (unsigned i = 0; i < run->outlets_count; i++) {
    if (!run->outlets[i].standards) continue;
    kept[count++] = run->outlets[i].source;
    kept[count++] = run->outlets[i].sink;
  }
  descriptors_let_go(STDIN_FILENO);
  descriptors_keep(kept, count);
  if (chdir("/") < 0) abort();
}

/** @param told where the parent waits for word that its locks are not needed any more */
static _Noreturn void go_on(struct supervision *run, int told)
{
  sigset_t none;
  setsid();
  bool is_locked = secrets_lock_again();
  ssize_t said = write(told, "", 1);
  // Better nothing is shown any more than values are swapped out.
  if (!is_locked || said != 1) _exit(1);
  leave_caller(run);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  while (supervise_has_heirs(run)) supervise_outlets(run, NULL, 0, -1);
  _exit(0);
}

void outlive(struct supervision *run)
{
  int ends[2];
  char word;
  if (!supervise_has_heirs(run) || pipe(ends) < 0) return;
  pid_t child = fork();
  if (child == 0) go_on(run, ends[1]);
  close(ends[1]);
  while (child > 0 && read(ends[0], &word, 1) < 0) continue;
  close(ends[0]);
}
