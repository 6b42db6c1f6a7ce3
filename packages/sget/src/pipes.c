// What the caller may have left odd.
#include "pipes.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

static bool was_closed[3];

void pipes_complete(void)
{
  struct pollfd standard[] = {{.fd = STDIN_FILENO}, {.fd = STDOUT_FILENO}, {.fd = STDERR_FILENO}};
  if (poll(standard, 3, 0) == 0) return;
  // open(2) takes the lowest number that is free.
  for (int i = 0; i < 3; i++) {
    was_closed[i] = (standard[i].revents & POLLNVAL) != 0;
    if (was_closed[i] && open("/dev/null", O_RDWR) < 0) abort();
  }
}

static struct sigaction before;

void pipes_survive(void)
{
  sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, &before);
}

void pipes_restore(void)
{
  sigaction(SIGPIPE, &before, NULL);
  for (int i = 0; i < 3; i++)
    if (was_closed[i]) close(i);
}
