// The command line of sget.
#define _GNU_SOURCE // strchrnul
#include "options.h"
#include "paths.h"
#include "ref.h"
#include "variable.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

typedef enum failure take_value(struct options *options, const char *value);

/** An option: its name, its bit, and what takes its value where it has one. */
struct option {
  const char *name;
  unsigned bit;
  take_value *take;
};

static enum failure take_home(struct options *options, const char *value)
{
  static char folder[PATH_BYTES_MAX];
  options->instance = folder;
  return paths_absolute(value, folder);
}

static enum failure take_grant(struct options *options, const char *value)
{
  options->grant = value;
  return OK;
}

static enum failure take_prefix(struct options *options, const char *value)
{
  options->prefix = value;
  return OK;
}

/** Nothing that this program starts may inherit what is left in it. */
static enum failure take_descriptor(const char *value, int *descriptor)
{
  int number = 0;
  size_t length = strspn(value, "0123456789");
  if (length == 0 || length > 6 || value[length] != '\0') return refuse(USAGE, "N must be the number of a descriptor");
  while (*value) number = number * 10 + (*value++ - '0');
  if (fcntl(number, F_GETFD) < 0) return refuse(USAGE, "that descriptor is not open");
  if (number > STDERR_FILENO) fcntl(number, F_SETFD, FD_CLOEXEC);
  *descriptor = number;
  return OK;
}

static enum failure take_passphrase(struct options *options, const char *value)
{
  return take_descriptor(value, &options->passphrase);
}

static enum failure take_new_passphrase(struct options *options, const char *value)
{
  return take_descriptor(value, &options->new_passphrase);
}

static bool is_taken(const struct options *options, struct slice name)
{
  for (unsigned i = 0; i < options->wanted_count; i++)
    if (slice_equals(name, options->wanted[i].variable)) return true;
  return false;
}

/** NAME=REF. */
static enum failure take_wanted(struct options *options, const char *value, enum wanted_as as)
{
  const char *equals = strchrnul(value, '=');
  struct slice name = {(const uint8_t *)value, (size_t)(equals - value)};
  if (*equals == '\0') return refuse(USAGE, "it wants NAME=REF");
  if (!(as == WANTED_VALUE ? variable_is_safe(name) : variable_may_name_file(name))) return refuse_with(BAD_VARIABLE, name);
  if (!ref_is_valid(equals + 1)) return refuse(BAD_REF, equals + 1);
  if (is_taken(options, name)) return refuse(USAGE, "it names a variable twice");
  if (options->wanted_count == REFS_PER_REQUEST_MAX) return TOO_MANY_REFS;
  struct wanted *wanted = &options->wanted[options->wanted_count++];
  memcpy(wanted->variable, name.bytes, name.length);
  wanted->ref = equals + 1;
  wanted->as = as;
  return OK;
}

static enum failure take_variable(struct options *options, const char *value)
{
  return take_wanted(options, value, WANTED_VALUE);
}

static enum failure take_file(struct options *options, const char *value)
{
  return take_wanted(options, value, WANTED_FILE);
}

static enum failure take_pipe(struct options *options, const char *value)
{
  return take_wanted(options, value, WANTED_PIPE);
}

static enum failure take_env_file(struct options *options, const char *value)
{
  if (*value == '\0') return refuse(USAGE, "--env-file names no file");
  if (options->env_files_count == ENV_FILES_MAX) return refuse(USAGE, "more than 8 env files");
  options->env_files[options->env_files_count++] = value;
  return OK;
}

static const struct option known[] = {
  {"--home", OPTION_HOME, take_home},
  {"--grant", OPTION_GRANT, take_grant},
  {"--reveal", OPTION_REVEAL, NULL},
  {"-e", OPTION_VARIABLE, take_variable},
  {"--file", OPTION_FILE, take_file},
  {"--pipe", OPTION_FILE, take_pipe},
  {"--no-mask", OPTION_NO_MASK, NULL},
  {"--env-file", OPTION_ENV_FILE, take_env_file},
  {"--trim", OPTION_TRIM, NULL},
  {"--replace", OPTION_REPLACE, NULL},
  {"--prefix", OPTION_PREFIX, take_prefix},
  {"--new", OPTION_NEW, NULL},
  {"--passphrase-fd", OPTION_PASSPHRASE, take_passphrase},
  {"--new-passphrase-fd", OPTION_NEW_PASSPHRASE, take_new_passphrase},
  {"--help", OPTION_HELP, NULL},
  {"-h", OPTION_HELP, NULL},
  {"--version", OPTION_VERSION, NULL},
};

static const struct option *option_named(const char *text, size_t length)
{
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (slice_equals((struct slice){(const uint8_t *)text, length}, known[i].name)) return &known[i];
  return NULL;
}

/** Takes one option, `--name VALUE` or `--name=VALUE`, and moves on behind it. */
static enum failure take_option(struct options *options, char ***at)
{
  const char *text = *(*at)++;
  size_t length = text[1] == '-' ? (size_t)(strchrnul(text, '=') - text) : strlen(text);
  const struct option *option = option_named(text, length);
  if (!option) return refuse(USAGE, text);
  options->given |= option->bit;
  bool joined = text[length] == '=';
  if (!option->take) return joined ? refuse(USAGE, text) : OK;
  const char *value = joined ? text + length + 1 : **at;
  if (!value) return refuse(USAGE, text);
  if (!joined) (*at)++;
  return option->take(options, value);
}

static enum failure take_word(struct options *options, char *word)
{
  if (options->operand) return refuse(USAGE, word);
  if (options->word) options->operand = word;
  else options->word = word;
  return OK;
}

enum failure options_read(char **arguments, bool (*is_ours)(const char *word), struct options *options)
{
  *options = (struct options){.passphrase = -1, .new_passphrase = -1};
  char **at = arguments;
  enum failure failure = OK;
  while (!failure && *at) {
    if (strcmp(*at, "--") == 0) {
      options->given |= OPTION_COMMAND;
      options->command = at + 1;
      return OK;
    }
    bool option = (*at)[0] == '-' && (*at)[1] != '\0';
    if (!option && !options->word && !strchr(*at, '/') && !is_ours(*at)) {
      options->foreign = at;
      return OK;
    }
    failure = option ? take_option(options, &at) : take_word(options, *at++);
  }
  return failure;
}
