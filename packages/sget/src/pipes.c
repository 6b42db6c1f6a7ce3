// What the caller may have left odd.
#include "pipes.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

void pipes_complete(void)
{
  struct pollfd standard[] = {{.fd = STDIN_FILENO}, {.fd = STDOUT_FILENO}, {.fd = STDERR_FILENO}};
  if (poll(standard, 3, 0) == 0) return;
  // open(2) takes the lowest number that is free.
  for (int i = 0; i < 3; i++)
    if (standard[i].revents & POLLNVAL && open("/dev/null", O_RDWR) < 0) abort();
}

static struct sigaction before;

void pipes_survive(void)
{
  sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, &before);
}

void pipes_restore(void)
{
  sigaction(SIGPIPE, &before, NULL);
}
