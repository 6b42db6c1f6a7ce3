// The repository that a file lies in.
#include "origin.h"
#include "paths.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/** Cuts the last part off; false at the root. */
static bool climb(char *path)
{
  char *slash = strrchr(path, '/');
  if (!slash || path[1] == '\0') return false;
  slash[slash == path] = '\0';
  return true;
}

/** A folder, or the file that git puts into a worktree or submodule. */
static bool is_root(const char *folder)
{
  static char git[PATH_BYTES_MAX];
  struct stat found;
  return paths_join(folder, ".git", git) && lstat(git, &found) == 0;
}

static void find_root(const char *folder, char origin[static PATH_BYTES_MAX])
{
  static char at[PATH_BYTES_MAX];
  memcpy(at, folder, strlen(folder) + 1);
  while (!is_root(at))
    if (!climb(at)) {
      memcpy(origin, folder, strlen(folder) + 1);
      return;
    }
  memcpy(origin, at, strlen(at) + 1);
}

bool origin_of(const char *path, char origin[static PATH_BYTES_MAX])
{
  static char folder[PATH_BYTES_MAX];
  if (path[0] != '/' || strlen(path) >= sizeof folder) return false;
  memcpy(folder, path, strlen(path) + 1);
  climb(folder);
  find_root(folder, origin);
  return true;
}

bool origin_of_name(const char *name, char origin[static PATH_BYTES_MAX])
{
  static char folder[PATH_BYTES_MAX], real[PATH_BYTES_MAX];
  if (strlen(name) >= sizeof folder - 2) return false;
  // So that there is something to cut off.
  memcpy(folder, "./", 2);
  memcpy(folder + (name[0] == '/' ? 0 : 2), name, strlen(name) + 1);
  climb(folder);
  if (!realpath(folder, real)) return false;
  find_root(real, origin);
  return true;
}
