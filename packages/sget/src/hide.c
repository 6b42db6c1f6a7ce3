// Whether others of the same user may look into this process.
#include "hide.h"
#include <stdbool.h>
#include <sys/prctl.h>

static bool was_open;

enum failure hide(void)
{
  was_open = was_open || prctl(PR_GET_DUMPABLE) == 1;
  return prctl(PR_SET_DUMPABLE, 0) == 0 && prctl(PR_GET_DUMPABLE) == 0 ? OK : NOT_HARDENED;
}

void show(void)
{
  // One that was closed from its start, setgid for instance, stays closed.
  if (was_open) prctl(PR_SET_DUMPABLE, 1);
}

void show_for_good(void)
{
  prctl(PR_SET_DUMPABLE, 1);
}
