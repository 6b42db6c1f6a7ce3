// sget itself: finds the command that the line names, and runs it.
#define _GNU_SOURCE // environ
#include "client.h"
#include "commands.h"
#include "help.h"
#include "paths.h"
#include "pipes.h"
#include "report.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** A command: the options that it has, whether it wants a second word, and what does it. */
struct command {
  const char *name;
  unsigned options;
  bool operand;
  enum failure (*act)(const struct installation *here, struct options *options);
};

enum { OPTIONS_ALWAYS = OPTION_HOME | OPTION_HELP | OPTION_VERSION };

static const struct command reading = {
  "read", OPTION_GRANT | OPTION_REVEAL | OPTION_PASSPHRASE, false, command_read,
};

static const struct command commands[] = {
  {
    "run",
    OPTION_GRANT | OPTION_VARIABLE | OPTION_FILE | OPTION_ENV_FILE | OPTION_NO_MASK | OPTION_PASSPHRASE | OPTION_COMMAND,
    false,
    command_run,
  },
  {"put", OPTION_TRIM | OPTION_REPLACE | OPTION_PASSPHRASE, true, command_put},
  {"import", OPTION_PREFIX | OPTION_REPLACE | OPTION_PASSPHRASE, true, command_import},
  {"unlock", OPTION_NEW | OPTION_PASSPHRASE, false, command_unlock},
  {"prove", OPTION_PASSPHRASE, true, command_prove},
  {"passwd", OPTION_PASSPHRASE | OPTION_NEW_PASSPHRASE, false, command_passwd},
  {"mask", OPTION_PASSPHRASE, false, command_mask},
  {"sweep", 0, false, command_sweep},
};

static const struct command *command_named(const char *word)
{
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (strcmp(commands[i].name, word) == 0) return &commands[i];
  return NULL;
}

static bool is_ours(const char *word)
{
  return command_named(word) != NULL;
}

/** What only sgetctl knows is its: with the options before it, of which --home is the only one that it shares. */
static enum failure hand_over(const struct installation *here, struct options *options)
{
  static char path[PATH_BYTES_MAX];
  if (options->given & ~(unsigned)OPTION_HOME) return refuse(USAGE, *options->foreign);
  if (!paths_join(here->bin, "sgetctl", path)) return refuse(NOT_INSTALLED, here->bin);
  size_t count = 0;
  while (options->foreign[count]) count++;
  char **list = calloc(count + 4, sizeof *list);
  if (!list) abort();
  char **into = list;
  *into++ = path;
  if (options->instance) *into++ = "--home";
  if (options->instance) *into++ = (char *)(uintptr_t)options->instance;
  memcpy(into, options->foreign, count * sizeof *into);
  pipes_restore();
  execve(path, list, environ);
  return refuse(NOT_INSTALLED, path);
}

static enum failure act(const struct installation *here, struct options *options)
{
  const struct command *own = command_named(options->word);
  const struct command *command = own ? own : &reading;
  if (options->given & ~(command->options | OPTIONS_ALWAYS))
    return refuse(USAGE, own ? "an option is not for this command" : "an option is not for reading");
  if (own && own->operand != (options->operand != NULL))
    return refuse(USAGE, own->operand ? "what is it about?" : options->operand);
  if (!own && options->operand) return refuse(USAGE, options->operand);
  return command->act(here, options);
}

int client(const struct installation *here, char **arguments)
{
  static struct options options;
  enum failure failure = options_read(arguments, is_ours, &options);
  report_instance(options.instance);
  if (!failure && options.foreign) failure = hand_over(here, &options);
  else if (!failure && options.given & OPTION_HELP) return help(STDOUT_FILENO);
  else if (!failure && options.given & OPTION_VERSION) return version(STDOUT_FILENO);
  else if (!failure && !options.word) failure = refuse(USAGE, "it names no secret and no command");
  else if (!failure) failure = act(here, &options);
  if (!failure) return 0;
  int status = report(failure);
  // Every lower status belongs to the command that `run` starts.
  bool running = options.word && strcmp(options.word, "run") == 0;
  return running && status < RUN_FAILED_STATUS ? RUN_FAILED_STATUS : status;
}
