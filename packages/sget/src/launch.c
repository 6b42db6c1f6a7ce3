// Starts the programs that run on Node.
#define _GNU_SOURCE // environ
#include "launch.h"
#include "detach.h"
#include "home.h"
#include "paths.h"
#include "seat.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/**
 * What every Node program of ours is started with; sgetd compares them with its process.execArgv.
 *
 * --disable-sigusr1: that signal would open an inspector for every uid. --no-warnings: nothing of Node's own on
 * standard error. --no-global-search-paths: what a bundle lacks is not looked for in ~/.node_modules.
 * --max-semi-space-size: MiB for young objects; left to itself Node takes sixteen times as much and never gives it back.
 */
static char *const node_flags[] = {
  "--disable-sigusr1", "--no-warnings", "--no-global-search-paths", "--max-semi-space-size=2",
};
enum { NODE_FLAGS = sizeof node_flags / sizeof *node_flags };

static const char home_option[] = "--home";
static const char detach_option[] = "--detach";

static char *concatenate(const char *first, const char *second)
{
  size_t length = strlen(first), more = strlen(second);
  char *both = malloc(length + more + 1);
  if (!both) abort();
  memcpy(both, first, length);
  memcpy(both + length, second, more + 1);
  return both;
}

/** Copies the user's arguments, the folder of --home made absolute, up to a `--`. */
static enum failure copy_arguments(char **from, char **into, const char **instance)
{
  static char folder[PATH_BYTES_MAX];
  size_t length = strlen(home_option);
  bool options = true;
  while (*from) {
    options = options && strcmp(*from, "--") != 0;
    char *text = *into++ = *from++;
    bool joined = strncmp(text, home_option, length) == 0 && text[length] == '=';
    bool split = strcmp(text, home_option) == 0 && *from;
    if (!options || (!joined && !split)) continue;
    enum failure failure = paths_absolute(joined ? text + length + 1 : *from, folder);
    if (failure) return failure;
    *instance = folder;
    if (joined) into[-1] = concatenate("--home=", folder);
    if (split) *into++ = folder;
    if (split) from++;
  }
  *into = NULL;
  return OK;
}

/** A number, or a word that could be nothing else either. */
static bool is_plain_word(const char *text)
{
  size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-+._");
  return length > 0 && length <= 64 && text[length] == '\0';
}

/**
 * What systemd says of the sockets that it listens on for sgetd (sd_listen_fds(3)); we stay the process that it names.
 * What makes no sense there is handed on as such: sgetd refuses it, where to drop it would mean another socket.
 */
static char **hand_over_sockets(char **into)
{
  static const char *const names[] = {"LISTEN_PID", "LISTEN_FDS"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *value = getenv(names[i]);
    if (!value) continue;
    *into++ = concatenate(names[i], concatenate("=", is_plain_word(value) ? value : "-"));
  }
  return into;
}

/**
 * HOME as the password database has it; PATH for the few system tools that our programs start; LANG so that text is
 * UTF-8 everywhere; no TZ, so that /etc/localtime decides. sgetctl also learns where its human sits.
 */
static enum failure build_environment(const char *name, const char *instance, char **into)
{
  static char home[HOME_BYTES_MAX];
  enum failure failure = home_of(geteuid(), home);
  // A separate instance needs no home, so a uid without one, as in some containers, can have an instance.
  if (failure && !instance) return failure;
  if (!failure) *into++ = concatenate("HOME=", home);
  *into++ = "PATH=/usr/local/bin:/usr/bin:/bin";
  *into++ = "LANG=C.UTF-8";
  if (strcmp(name, "sgetctl") == 0) into = seat_environment(environ, into);
  if (strcmp(name, "sgetd") == 0) into = hand_over_sockets(into);
  *into = NULL;
  return OK;
}

static size_t count_of(char *const *list)
{
  size_t count = 0;
  while (list[count]) count++;
  return count;
}

/** NAME FLAGS… LIB/NAME.mjs, and room for the user's arguments behind. */
static enum failure begin_arguments(const struct installation *here, const char *name, struct plan *plan)
{
  static char node[PATH_BYTES_MAX], script[PATH_BYTES_MAX];
  char *base = concatenate(name, ".mjs");
  if (!paths_join(here->lib, "node", node) || !paths_join(here->lib, base, script))
    return refuse(NOT_INSTALLED, here->lib);
  char **into = plan->arguments;
  *into++ = (char *)(uintptr_t)name;
  for (size_t i = 0; i < NODE_FLAGS; i++) *into++ = node_flags[i];
  *into = script;
  plan->path = node;
  return OK;
}

/** Takes `--detach` out of the arguments. */
static bool wants_detaching(char **arguments)
{
  for (char **at = arguments; *at && strcmp(*at, "--") != 0; at++) {
    if (strcmp(*at, detach_option) != 0) continue;
    memmove(at, at + 1, (count_of(at + 1) + 1) * sizeof *at);
    return true;
  }
  return false;
}

enum failure launch(const struct installation *here, const char *name, char **arguments)
{
  const char *instance = NULL;
  char *environment[8 + SEAT_STRINGS_MAX];
  char **list = calloc(count_of(arguments) + NODE_FLAGS + 5, sizeof *list);
  if (!list) abort();
  struct plan plan = {NULL, list, environment};
  enum failure failure = begin_arguments(here, name, &plan);
  if (!failure) failure = copy_arguments(arguments, list + NODE_FLAGS + 2, &instance);
  if (!failure) failure = build_environment(name, instance, environment);
  if (failure) return failure;
  if (strcmp(name, "sgetd") == 0 && wants_detaching(list + NODE_FLAGS + 2)) return detach(&plan);
  execve(plan.path, plan.arguments, plan.environment);
  return refuse(NOT_INSTALLED, plan.path);
}
