// Starts a command.
#include "start.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/** A file without `#!` is a shell's, as execvp(3) has it. */
static char **shell_arguments(const struct start *start)
{
  size_t count = 0;
  while (start->arguments[count]) count++;
  char **list = calloc(count + 2, sizeof *list);
  if (!list) abort();
  list[0] = "/bin/sh";
  list[1] = start->path;
  memcpy(list + 2, start->arguments + 1, (count - 1) * sizeof *list);
  return list;
}

static void give_descriptors(const struct start *start)
{
  for (int i = 0; i < 3; i++)
    if (start->standard[i] != i) dup2(start->standard[i], i);
  for (unsigned i = 0; i < start->kept_count; i++) fcntl(start->kept[i], F_SETFD, 0);
}

/** A group that is nobody's in the foreground is stopped when it reads, as the job that it stands for would be. */
static void take_place(const struct start *start)
{
  if (start->terminal < 0) return;
  setpgid(0, 0);
  if (start->is_foreground) tcsetpgrp(start->terminal, getpid());
}

/** Returns errno. Between vfork(2) and execve(2) it may call nothing but the system. */
static int execute(const struct start *start, char **by_shell)
{
  give_descriptors(start);
  take_place(start);
  surroundings_restore(start->surroundings);
  execve(start->path, start->arguments, start->environment);
  if (errno == ENOEXEC) execve(by_shell[0], by_shell, start->environment);
  return errno;
}

enum failure start_here(const struct start *start)
{
  return start_failure(start, execute(start, shell_arguments(start)));
}

pid_t start_child(const struct start *start, int *error)
{
  static volatile int stopped_by;
  char **by_shell = shell_arguments(start);
  pid_t parent = getpid();
  stopped_by = 0;
  pid_t child = vfork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent) stopped_by = execute(start, by_shell);
    _exit(1);
  }
  *error = child < 0 ? errno : stopped_by;
  free(by_shell);
  return child;
}

enum failure start_failure(const struct start *start, int error)
{
  if (error == E2BIG) return ENVIRONMENT_TOO_LARGE;
  return refuse(error == ENOENT ? COMMAND_MISSING : COMMAND_UNUSABLE, start->path);
}
