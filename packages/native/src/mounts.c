// The ids of our own mounts, read again when the kernel says that they have changed (proc_pid_mountinfo(5)).
#include "mounts.h"
#include "proc.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { mountsMax = 8192 }; // what lies on a mount listed after these counts as not ours

static struct {
  uint64_t ids[mountsMax];
  size_t count;
  int watch; // a descriptor of the list: poll(2) tells once of each change since it was opened or last asked
} mounts = {.watch = -1};

static void add(const char *line) {
  mounts.ids[mounts.count++] = strtoull(line, NULL, 10);
}

static void read_mounts(void) {
  mounts.count = 0;
  const int file = proc_open(getpid(), "mountinfo");
  FILE *list = file < 0 ? NULL : fdopen(file, "r");
  if (!list) {
    if (file >= 0) close(file);
    return;
  }
  char *line = NULL;
  size_t size = 0;
  while (mounts.count < mountsMax && getline(&line, &size, list) > 0) add(line);
  free(line);
  fclose(list);
}

static bool have_changed(void) {
  if (mounts.watch < 0) return (mounts.watch = proc_open(getpid(), "mountinfo")) >= 0;
  struct pollfd one = {.fd = mounts.watch, .events = POLLPRI};
  return poll(&one, 1, 0) != 0;
}

bool mounted_here(const struct statx *file) {
  if (!(file->stx_mask & STATX_MNT_ID)) return true;
  if (have_changed()) read_mounts();
  for (size_t i = 0; i < mounts.count; i++)
    if (mounts.ids[i] == file->stx_mnt_id) return true;
  return false;
}
