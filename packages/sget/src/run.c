// sget run: becomes a command that has values in its environment.
#include "commands.h"
#include "environment.h"
#include "inherited.h"
#include "pipes.h"
#include "references.h"
#include "report.h"
#include "search.h"
#include "session.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** Where names were asked for, they must come back as asked. */
static bool is_wanted(const struct wish *wish, uint64_t index, const struct value *value)
{
  return wish->wanted_count == 0 || slice_equals(value->variable, wish->wanted[index].variable);
}

static enum failure collect(struct connection *daemon, const struct wish *wish, struct environment *environment)
{
  struct secret room = {0};
  struct value value;
  uint32_t id;
  uint64_t values;
  struct terms terms;
  enum failure failure = values_begin(daemon, wish, &id, &values);
  if (!failure) failure = values_terms(daemon, id, &terms);
  if (!failure && terms.cleaned) failure = environment_clean(environment, inherited_environment());
  daemon->room = &room;
  for (uint64_t i = 0; !failure && i < values; i++) {
    failure = values_next(daemon, id, i, &value);
    if (!failure && !is_wanted(wish, i, &value)) failure = BAD_MESSAGE;
    if (!failure) failure = environment_add(environment, &value);
  }
  if (!failure) failure = values_end(daemon, id);
  daemon->room = NULL;
  secret_release(&room);
  return failure;
}

/** A file without `#!` is a shell's, as execvp(3) has it. */
static void execute_by_shell(char *path, char **arguments, char **environment)
{
  size_t count = 0;
  while (arguments[count]) count++;
  char **list = calloc(count + 2, sizeof *list);
  if (!list) abort();
  list[0] = "/bin/sh";
  list[1] = path;
  memcpy(list + 2, arguments + 1, (count - 1) * sizeof *list);
  execve(list[0], list, environment);
}

/** The kernel makes the process one that may be looked at again, as any program is that this user starts. */
static enum failure become(char *path, char **arguments, const struct environment *environment)
{
  char **list = environment_list(environment, inherited_environment());
  pipes_restore();
  execve(path, arguments, list);
  if (errno == ENOEXEC) execute_by_shell(path, arguments, list);
  if (errno == E2BIG) return ENVIRONMENT_TOO_LARGE;
  return refuse(errno == ENOENT ? COMMAND_MISSING : COMMAND_UNUSABLE, path);
}

static const char wants_a_reference[] = "run wants --grant HANDLE, -e NAME=REF, or --env-file FILE with references";

enum failure command_run(const struct installation *here, struct options *options)
{
  (void)here;
  static char path[PATH_BYTES_MAX];
  static struct environment environment;
  static struct references references;
  if (!options->command || !options->command[0]) return refuse(USAGE, "run wants -- COMMAND");
  bool asks = options->grant || options->wanted_count > 0 || options->env_files_count > 0;
  if (!asks) return refuse(USAGE, wants_a_reference);
  char *command = options->command[0];
  struct errand errand = {
    .masked = false, .program = path, .words = options->command, .references = &references};
  report_trying("run", command);
  // Before anything is asked for: a slip of the pen costs no handle.
  enum failure failure = search_command(command, path);
  if (!failure) failure = references_read(&references, options);
  if (!failure && !options->grant && options->wanted_count == 0) failure = refuse(USAGE, wants_a_reference);
  struct wish wish = {
    .errand = &errand,
    .grant = options->grant,
    .wanted = options->wanted,
    .wanted_count = options->wanted_count,
  };
  environment.references = &references;
  if (!failure) failure = session_open(options, &the_daemon);
  if (!failure) failure = collect(&the_daemon, &wish, &environment);
  connection_close(&the_daemon);
  if (!failure) failure = become(path, options->command, &environment);
  environment_release(&environment);
  references_release(&references);
  return failure;
}
