// A command below sget, which masks what it prints.
#include "masked.h"
#include "attestation.h"
#include "commands.h"
#include "connection.h"
#include "descriptors.h"
#include "hide.h"
#include "outlive.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_same_file(int one, int other)
{
  struct stat first, second;
  if (fstat(one, &first) < 0 || fstat(other, &second) < 0) return false;
  // A terminal may be opened by several names.
  if (isatty(one) && isatty(other)) return first.st_rdev == second.st_rdev;
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/** Nobody reads what is written there. */
static bool is_null(int descriptor)
{
  struct stat status;
  return fstat(descriptor, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
}

/** One for each standard descriptor that somebody can read, and one for both where that is the same file: their order stays. */
static enum failure open_outlets(struct supervision *run, struct start *start)
{
  bool is_whole = isatty(STDIN_FILENO) && is_same_file(STDIN_FILENO, STDOUT_FILENO);
  bool is_one = is_same_file(STDOUT_FILENO, STDERR_FILENO);
  enum failure failure = OK;
  for (int standard = STDOUT_FILENO; !failure && standard <= STDERR_FILENO; standard++) {
    struct outlet *outlet = &run->outlets[run->outlets_count];
    if (is_null(standard) || (standard == STDERR_FILENO && is_one)) continue;
    failure = outlet_open(outlet, standard, is_whole && standard == STDOUT_FILENO, &start->terminal);
    if (failure) break;
    run->outlets_count++;
    start->standard[standard] = outlet->given;
    if (standard == STDOUT_FILENO && is_one) outlet->standards |= 1u << STDERR_FILENO;
    if (standard == STDOUT_FILENO && is_one) start->standard[STDERR_FILENO] = outlet->given;
  }
  run->is_typed = start->terminal >= 0;
  if (run->is_typed) start->standard[STDIN_FILENO] = start->terminal;
  return failure;
}

static enum failure begin_masks(struct supervision *run, struct provision *provision)
{
  enum failure failure = OK;
  for (unsigned i = 0; !failure && i < run->outlets_count; i++)
    failure = outlet_begin(&run->outlets[i], &provision->patterns, provision->terms.human);
  return failure;
}

/** The command has its own now: a descriptor that stayed here would keep others waiting for its end. */
static void keep_own(struct supervision *run, const struct files *files)
{
  int kept[REFS_PER_REQUEST_MAX + 2 * OUTLETS_MAX + 5];
  unsigned count = 0;
  for (unsigned i = 0; i < files->count; i++) kept[count++] = files->list[i];
  for (unsigned i = 0; i < run->outlets_count; i++) {
    kept[count++] = run->outlets[i].source;
    kept[count++] = run->outlets[i].sink;
  }
  kept[count++] = the_daemon.socket;
  kept[count++] = run->signals;
  kept[count++] = run->command.monitor;
  if (run->is_typed) kept[count++] = run->typing.input;
  if (run->is_typed) kept[count++] = run->typing.master;
  else descriptors_let_go(STDIN_FILENO);
  descriptors_keep(kept, count);
}

/** Ends as the command did; its core, if it left one, is the only one. */
static _Noreturn void end_as(int status)
{
  if (WIFSIGNALED(status)) {
    signal(WTERMSIG(status), SIG_DFL);
    suffer(WTERMSIG(status));
    _exit(128 + WTERMSIG(status));
  }
  _exit(WEXITSTATUS(status));
}

enum failure masked_run(struct provision *provision, struct start *start)
{
  static struct supervision run;
  struct surroundings before;
  enum failure failure = open_outlets(&run, start);
  if (!failure) failure = begin_masks(&run, provision);
  if (failure) return failure;
  run.signals = surroundings_take(&before);
  start->surroundings = &before;
  if (run.is_typed) typing_begin(&run.typing, STDIN_FILENO, run.outlets[0].source);
  start->is_foreground = run.is_typed && typing_take(&run.typing);
  // From here on who could look into this process could look into the command; and what that asks for must not come from
  // behind somebody who hides.
  attestation_end();
  show_for_good();
  failure = command_start(&run.command, start);
  provision_hand_over(provision);
  if (failure) keyboard_give_back(&run.typing.keyboard);
  if (failure) return failure;
  keep_own(&run, &provision->files);
  supervise(&run);
  connection_close(&the_daemon);
  outlive(&run);
  if (run.has_failed) _exit(RUN_FAILED_STATUS);
  end_as(run.status);
}
