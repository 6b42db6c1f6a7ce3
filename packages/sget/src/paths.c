// Where the socket lies.
#include "paths.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum failure paths_socket(const char *home, const char *instance, char socket[static SOCKET_PATH_BYTES_MAX + 1])
{
  static char path[2 * PATH_BYTES_MAX];
  const char *below = instance ? "/state/run/socket" : "/.local/state/sget/run/socket";
  const char *above = instance ? instance : home;
  size_t length = strnlen(above, PATH_BYTES_MAX);
  memcpy(path, above, length);
  memcpy(path + length, below, strlen(below) + 1);
  if (path[0] != '/' || strlen(path) > SOCKET_PATH_BYTES_MAX) return refuse(SOCKET_PATH_TOO_LONG, path);
  memcpy(socket, path, strlen(path) + 1);
  return OK;
}

bool paths_join(const char *folder, const char *name, char path[static PATH_BYTES_MAX])
{
  size_t length = strlen(folder), more = strlen(name);
  bool root = strcmp(folder, "/") == 0;
  if (length + more + 2 > PATH_BYTES_MAX) return false;
  memmove(path, folder, length);
  if (!root) path[length++] = '/';
  memcpy(path + length, name, more + 1);
  return true;
}

/** Cuts a path into what is above its last part, and that part. */
static bool split(char *path, const char **above, const char **last)
{
  size_t length = strlen(path);
  while (length > 1 && path[length - 1] == '/') path[--length] = '\0';
  char *slash = strrchr(path, '/');
  *last = slash ? slash + 1 : path;
  *above = !slash ? "." : slash == path ? "/" : path;
  if (slash) *slash = '\0';
  return **last && strcmp(*last, ".") != 0 && strcmp(*last, "..") != 0;
}

enum failure paths_absolute(const char *folder, char absolute[static PATH_BYTES_MAX])
{
  static char copy[PATH_BYTES_MAX];
  const char *above, *last;
  if (realpath(folder, absolute)) return OK;
  if (errno != ENOENT || strlen(folder) >= sizeof copy) return refuse(NO_FOLDER, folder);
  memcpy(copy, folder, strlen(folder) + 1);
  if (!split(copy, &above, &last) || !realpath(above, absolute)) return refuse(NO_FOLDER, folder);
  return paths_join(absolute, last, absolute) ? OK : refuse(NO_FOLDER, folder);
}
