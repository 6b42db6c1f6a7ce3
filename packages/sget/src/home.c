// The home directory of a user, from the password database and nowhere else.
#define _GNU_SOURCE // pipe2
#include "home.h"
#include "lines.h"
#include "report.h"
#include "text.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/** name:password:uid:gid:gecos:home:shell (passwd(5)). */
enum { UID_FIELD = 2, HOME_FIELD = 5 };

static struct slice field_of(const char *line, int wanted)
{
  for (; wanted > 0; wanted--) {
    line = strchr(line, ':');
    if (!line) return (struct slice){NULL, 0};
    line++;
  }
  return (struct slice){(const uint8_t *)line, strcspn(line, ":")};
}

static bool is_usable(struct slice home)
{
  if (home.length == 0 || home.length >= HOME_BYTES_MAX || home.bytes[0] != '/') return false;
  struct reader rest = {home.bytes, home.length};
  uint32_t point;
  while (text_next(&rest, &point))
    if (text_is_unprintable(point)) return false;
  return rest.left == 0;
}

/** Among the first lines; the first one of that uid decides, even when its home is of no use. */
static bool find_home(int descriptor, int lines_max, const char *uid, char home[static HOME_BYTES_MAX])
{
  static struct lines lines;
  static char line[PASSWD_LINE_BYTES_MAX];
  lines_begin(&lines, descriptor);
  for (int i = 0; i < lines_max && lines_next(&lines, line, sizeof line); i++) {
    struct slice found = field_of(line, UID_FIELD), folder = field_of(line, HOME_FIELD);
    if (!found.bytes || !slice_equals(found, uid)) continue;
    if (!is_usable(folder)) return false;
    memcpy(home, folder.bytes, folder.length);
    home[folder.length] = '\0';
    return true;
  }
  return false;
}

static bool find_in_file(const char *uid, char home[static HOME_BYTES_MAX])
{
  int file = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  bool found = find_home(file, PASSWD_LINES_MAX, uid, home);
  close(file);
  return found;
}

/** Starts getent with an empty environment; it can write nowhere but into the pipe. */
static pid_t start_getent(const char *uid, int output)
{
  char *arguments[] = {"getent", "passwd", (char *)(uintptr_t)uid, NULL};
  char *environment[] = {NULL};
  posix_spawn_file_actions_t files;
  pid_t child;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  int error = posix_spawn(&child, "/usr/bin/getent", &files, NULL, arguments, environment);
  posix_spawn_file_actions_destroy(&files);
  return error ? -1 : child;
}

static bool find_by_getent(const char *uid, char home[static HOME_BYTES_MAX])
{
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return false;
  pid_t child = start_getent(uid, ends[1]);
  close(ends[1]);
  struct pollfd answer = {.fd = ends[0], .events = POLLIN};
  bool found = child > 0 && poll(&answer, 1, GETENT_WAIT_MS) > 0 && find_home(ends[0], 1, uid, home);
  close(ends[0]);
  if (child > 0) {
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
  }
  return found;
}

enum failure home_of(uid_t uid, char home[static HOME_BYTES_MAX])
{
  char digits[24];
  const char *text = decimal(digits, uid);
  return find_in_file(text, home) || find_by_getent(text, home) ? OK : NO_HOME;
}
