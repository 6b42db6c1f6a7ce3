// Finds the file that a command's name means, as execvp(3) would.
#define _GNU_SOURCE // strchrnul
#include "search.h"
#include "paths.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** Where execvp(3) looks when there is no PATH. */
static const char path_without_variable[] = "/bin:/usr/bin";

static enum failure judge(const char *path)
{
  struct stat file;
  if (stat(path, &file) < 0) return COMMAND_MISSING;
  bool usable = S_ISREG(file.st_mode) && faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
  return usable ? OK : COMMAND_UNUSABLE;
}

/** One folder of PATH; an empty one is the folder that we are in. */
static enum failure judge_in(struct slice folder, const char *name, char path[static PATH_BYTES_MAX])
{
  char copy[PATH_BYTES_MAX];
  if (folder.length >= sizeof copy) return COMMAND_MISSING;
  if (folder.length == 0) folder = slice_of(".");
  memcpy(copy, folder.bytes, folder.length);
  copy[folder.length] = '\0';
  return paths_join(copy, name, path) ? judge(path) : COMMAND_MISSING;
}

static enum failure search_path(const char *name, char path[static PATH_BYTES_MAX])
{
  const char *at = getenv("PATH");
  enum failure worst = COMMAND_MISSING;
  for (at = at ? at : path_without_variable;; at++) {
    const char *end = strchrnul(at, ':');
    enum failure failure = judge_in((struct slice){(const uint8_t *)at, (size_t)(end - at)}, name, path);
    if (!failure) return OK;
    if (failure == COMMAND_UNUSABLE) worst = failure;
    if (*end == '\0') return worst;
    at = end;
  }
}

enum failure search_command(const char *name, char path[static PATH_BYTES_MAX])
{
  size_t length = strlen(name);
  enum failure failure = COMMAND_MISSING;
  if (length == 0 || length >= PATH_BYTES_MAX) return refuse(failure, name);
  if (strchr(name, '/')) memcpy(path, name, length + 1);
  failure = strchr(name, '/') ? judge(path) : search_path(name, path);
  return refuse(failure, name);
}
