// Descriptors of a process that stays.
#define _GNU_SOURCE // close_range
#include "descriptors.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/** Where the kernel has no close_range(2): few programs inherit any beyond. */
enum { DESCRIPTORS_WITHOUT_RANGE = 1024 };

static void close_between(int first, int last)
{
  if (first > last || close_range((unsigned)first, (unsigned)last, 0) == 0) return;
  for (int i = first; i <= last && i < DESCRIPTORS_WITHOUT_RANGE; i++) close(i);
}

static int compare(const void *one, const void *other)
{
  return *(const int *)one - *(const int *)other;
}

void descriptors_keep(int *kept, unsigned count)
{
  int next = STDERR_FILENO + 1;
  if (count > 0) qsort(kept, count, sizeof *kept, compare);
  for (unsigned i = 0; i < count; i++) {
    if (kept[i] < next) continue;
    close_between(next, kept[i] - 1);
    next = kept[i] + 1;
  }
  close_between(next, ~0u >> 1);
}

void descriptors_let_go(int standard)
{
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) return;
  dup2(nothing, standard);
  close(nothing);
}

int descriptors_own(int descriptor, int access)
{
  char path[] = "/proc/self/fd/0";
  path[sizeof path - 2] = (char)('0' + descriptor);
  return open(path, access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}
