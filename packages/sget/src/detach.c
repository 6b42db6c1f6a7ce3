// Starts a program as a daemon and waits until it says that it is ready.
#define _GNU_SOURCE // pipe2, close_range
#include "detach.h"
#include "lines.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/** The descriptor that the daemon reports on: the first one after the three that everybody has. */
enum { READY_DESCRIPTOR = STDERR_FILENO + 1 };
static char ready_number[] = {'0' + READY_DESCRIPTOR, '\0'};

static const char failed[] = "failed ";

/** Keeps nothing of the caller's: no terminal, folder, mask or descriptor, or whoever waits for one waits for ever. */
static void leave_caller(int ready)
{
  int nothing = open("/dev/null", O_RDWR);
  for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) dup2(nothing, i);
  if (ready != READY_DESCRIPTOR) dup2(ready, READY_DESCRIPTOR);
  fcntl(READY_DESCRIPTOR, F_SETFD, 0);
  if (close_range(READY_DESCRIPTOR + 1, ~0u, 0) < 0)
    for (int i = READY_DESCRIPTOR + 1; i < 1024; i++) close(i);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (chdir("/") < 0) _exit(1);
}

/** In the first child: a session of its own, then one more fork, so that it never gains a terminal. */
static void become_daemon(const struct plan *plan, int ready)
{
  setsid();
  pid_t daemon = fork();
  if (daemon != 0) _exit(daemon < 0);
  leave_caller(ready);
  execve(plan->path, plan->arguments, plan->environment);
  static const char complaint[] = "failed node cannot run\n";
  ssize_t told = write(READY_DESCRIPTOR, complaint, sizeof complaint - 1);
  _exit(told < 0);
}

/** Reads the daemon's one line; none means that it ended, or took too long. */
static enum failure await_report(int report)
{
  static struct lines lines;
  static char line[DAEMON_REPORT_BYTES_MAX];
  struct pollfd wait = {.fd = report, .events = POLLIN};
  if (poll(&wait, 1, DAEMON_START_MS) <= 0) return refuse(DAEMON_NOT_STARTED, " within a minute");
  lines_begin(&lines, report);
  if (!lines_next(&lines, line, sizeof line)) return refuse(DAEMON_NOT_STARTED, "");
  if (strcmp(line, "ready") == 0) return OK;
  if (strncmp(line, failed, strlen(failed)) != 0) return refuse(DAEMON_NOT_STARTED, "");
  // ": TEXT" stands where "failed TEXT" stood.
  char *text = line + strlen(failed) - 2;
  memcpy(text, ": ", 2);
  return refuse(DAEMON_NOT_STARTED, text);
}

static void add_ready_option(struct plan *plan)
{
  char **end = plan->arguments;
  while (*end) end++;
  end[0] = "--ready-fd";
  end[1] = ready_number;
  end[2] = NULL;
}

enum failure detach(struct plan *plan)
{
  int ends[2];
  add_ready_option(plan);
  if (pipe2(ends, O_CLOEXEC) < 0) return refuse(DAEMON_NOT_STARTED, "");
  pid_t child = fork();
  if (child == 0) become_daemon(plan, ends[1]);
  close(ends[1]);
  enum failure failure = child < 0 ? refuse(DAEMON_NOT_STARTED, "") : await_report(ends[0]);
  if (child > 0) waitpid(child, NULL, 0);
  close(ends[0]);
  return failure;
}
