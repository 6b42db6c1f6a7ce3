// A command that runs.
#include "command.h"
#include "monitor.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static enum failure start_below_monitor(struct command *command, const struct start *start)
{
  int ends[2];
  struct monitor_message first = {MONITOR_STARTED, EIO};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) abort();
  command->child = fork();
  if (command->child == 0) monitor(start, ends[1]);
  close(ends[1]);
  command->monitor = ends[0];
  if (command->child < 0) return start_failure(start, errno);
  while (recv(command->monitor, &first, sizeof first, 0) < 0 && errno == EINTR) continue;
  if (first.number) waitpid(command->child, NULL, 0);
  return first.number ? start_failure(start, first.number) : OK;
}

enum failure command_start(struct command *command, const struct start *start)
{
  int error;
  command->monitor = -1;
  if (start->terminal >= 0) return start_below_monitor(command, start);
  command->child = start_child(start, &error);
  if (error && command->child > 0) waitpid(command->child, NULL, 0);
  return error ? start_failure(start, error) : OK;
}

/** A monitor does not end before its command but by force, and then its command does not outlive it. */
static bool change_by_monitor(struct command *command, int *status)
{
  struct monitor_message message;
  ssize_t count = recv(command->monitor, &message, sizeof message, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  *status = count == sizeof message ? message.number : SIGKILL;
  if (WIFEXITED(*status) || WIFSIGNALED(*status)) waitpid(command->child, NULL, 0);
  return true;
}

bool command_change(struct command *command, int *status)
{
  if (command->monitor >= 0) return change_by_monitor(command, status);
  return waitpid(command->child, status, WNOHANG | WUNTRACED) == command->child;
}

static void order(const struct command *command, enum monitor_word word, int number)
{
  struct monitor_message message = {word, number};
  // One that is gone has told all that it will.
  if (send(command->monitor, &message, sizeof message, MSG_NOSIGNAL) < 0) return;
}

void command_signal(const struct command *command, int signal, bool is_for_group)
{
  if (command->monitor >= 0) order(command, is_for_group ? MONITOR_SIGNAL_GROUP : MONITOR_SIGNAL, signal);
  else kill(command->child, signal);
}

void command_resume(const struct command *command, bool is_foreground)
{
  siginfo_t continued = {0};
  if (command->monitor >= 0) {
    order(command, MONITOR_RESUME, is_foreground);
    return;
  }
  // A shell lets its whole job go on; then the command was told already, and a handler of its own runs once.
  bool was_told = waitid(P_PID, (id_t)command->child, &continued, WCONTINUED | WNOHANG) == 0 && continued.si_pid > 0;
  if (!was_told) kill(command->child, SIGCONT);
}
