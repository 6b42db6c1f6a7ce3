// Which mounts are those of this process's own mount namespace.
#ifndef SGET_MOUNTS_H
#define SGET_MOUNTS_H

#include <stdbool.h>
#include <sys/stat.h>

// Whether a file was reached through one of our own mounts: only then does its path mean to us what it says. Anybody may
// have a mount namespace where another file lies at that path, and run it from there. Before Linux 5.8 (STATX_MNT_ID) the
// kernel does not tell, and each is taken for ours.
bool mounted_here(const struct statx *file);

#endif
