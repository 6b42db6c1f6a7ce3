// sget run: a command that has values in its environment.
#include "commands.h"
#include "inherited.h"
#include "masked.h"
#include "references.h"
#include "report.h"
#include "search.h"
#include "session.h"
#include <unistd.h>

/** The command takes our place; what it prints is nobody's business then. */
static enum failure become(struct start *start)
{
  struct surroundings before;
  // Signals wait until the command is there for them, as they find it in any other.
  close(surroundings_take(&before));
  start->surroundings = &before;
  return start_here(start);
}

static enum failure go(struct provision *provision, struct start *start)
{
  start->environment = environment_list(&provision->environment, inherited_environment());
  start->kept = provision->files.inherited;
  start->kept_count = provision->files.inherited_count;
  if (!provision->is_masked) connection_close(&the_daemon);
  if (!provision->is_masked) return become(start);
  provision_warn();
  return masked_run(provision, start);
}

/** Before anything is asked for: a slip of the pen costs no handle. */
static enum failure prepare(struct options *options, char *path, struct references *references)
{
  static const char wants_a_reference[] = "run wants --grant HANDLE, -e NAME=REF, or --env-file FILE with references";
  if (!options->command || !options->command[0]) return refuse(USAGE, "run wants -- COMMAND");
  bool asks = options->grant || options->wanted_count > 0 || options->env_files_count > 0;
  if (!asks) return refuse(USAGE, wants_a_reference);
  report_trying("run", options->command[0]);
  enum failure failure = search_command(options->command[0], path);
  if (!failure) failure = references_read(references, options);
  if (!failure && !options->grant && options->wanted_count == 0) failure = refuse(USAGE, wants_a_reference);
  return failure;
}

enum failure command_run(const struct installation *here, struct options *options)
{
  (void)here;
  static char path[PATH_BYTES_MAX];
  static struct provision provision;
  static struct references references;
  enum failure failure = prepare(options, path, &references);
  struct errand errand = {
    .masked = !(options->given & OPTION_NO_MASK),
    .program = path,
    .words = options->command,
    .references = &references,
  };
  struct wish wish = {
    .errand = &errand,
    .grant = options->grant,
    .wanted = options->wanted,
    .wanted_count = options->wanted_count,
  };
  struct start start = {.path = path, .arguments = options->command, .standard = {0, 1, 2}, .terminal = -1};
  provision.environment.references = &references;
  if (!failure) failure = session_open(options, &the_daemon);
  if (!failure) failure = provision_collect(&provision, &the_daemon, &wish);
  if (!failure) failure = go(&provision, &start);
  connection_close(&the_daemon);
  environment_release(&provision.environment);
  patterns_release(&provision.patterns);
  references_release(&references);
  return failure;
}
