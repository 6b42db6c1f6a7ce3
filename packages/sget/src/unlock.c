// sget unlock: opens the vault, or with --new makes one; the one command that starts the daemon.
#include "commands.h"
#include "passphrase.h"
#include "paths.h"
#include "pipes.h"
#include "report.h"
#include "session.h"
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

/** Runs `sgetd --detach`, which ends when the daemon is ready and says itself what stopped it. */
static enum failure start_daemon(const struct installation *here, const char *instance)
{
  static char path[PATH_BYTES_MAX];
  char *arguments[] = {path, "--detach", "--home", (char *)(uintptr_t)instance, NULL};
  char *environment[] = {NULL};
  pid_t child;
  int status;
  if (!instance) arguments[2] = NULL;
  if (!paths_join(here->bin, "sgetd", path)) return refuse(NOT_INSTALLED, here->bin);
  pipes_restore();
  int error = posix_spawn(&child, path, NULL, NULL, arguments, environment);
  pipes_survive();
  if (error) return refuse(NOT_INSTALLED, path);
  // Where the caller ignores SIGCHLD nobody can tell how it ended; then the socket tells.
  bool told = waitpid(child, &status, 0) == child;
  return !told || (WIFEXITED(status) && WEXITSTATUS(status) == 0) ? OK : refuse(DAEMON_NOT_STARTED, "");
}

static enum failure reach_daemon(const struct installation *here, const struct options *options)
{
  enum failure failure = session_connect(options, &the_daemon);
  if (failure != NO_DAEMON && failure != DAEMON_GONE) return failure;
  failure = start_daemon(here, options->instance);
  return failure ? failure : session_connect(options, &the_daemon);
}

enum failure command_unlock(const struct installation *here, struct options *options)
{
  bool create = options->given & OPTION_NEW;
  struct source source = passphrase_from(options->passphrase, create ? "new sget passphrase: " : passphrase_question);
  source.twice = create;
  report_trying(create ? "make" : "unlock", create ? "a vault" : "the vault");
  enum failure failure = reach_daemon(here, options);
  if (!failure) failure = deliver(&the_daemon, &(struct delivery){MESSAGE_UNLOCK, NULL, create, &source});
  connection_close(&the_daemon);
  return failure;
}
