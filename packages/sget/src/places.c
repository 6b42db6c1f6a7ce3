// Where values are left behind by habit.
#include "places.h"
#include "paths.h"
#include "walk.h"
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/** Under the home; a shell whose HISTFILE is another is not known of. */
static const char *const histories[] = {
  ".bash_history",
  ".zsh_history",
  ".zhistory",
  ".histfile",
  ".config/zsh/.zsh_history",
  ".sh_history",
  ".ash_history",
  ".history",
  ".local/share/fish/fish_history",
  ".local/share/powershell/PSReadLine/ConsoleHost_history.txt",
  ".python_history",
  ".node_repl_history",
  ".irb_history",
  ".psql_history",
  ".mysql_history",
  ".mariadb_history",
  ".sqlite_history",
  ".mongodb/mongosh/mongosh_repl_history",
  ".rediscli_history",
};

/** An agent, and the files and folders under the home in which it keeps transcripts and logs. */
struct agent {
  const char *name;
  const char *places[8];
};

static const struct agent agents[] = {
  {"Claude Code",
    {".claude/projects", ".claude/history.jsonl", ".claude/shell-snapshots", ".claude/todos", ".claude/debug",
      ".claude/file-history"}},
  {"Codex", {".codex/sessions", ".codex/history.jsonl", ".codex/log"}},
  {"Copilot", {".copilot"}},
  {"Gemini", {".gemini/tmp"}},
  {"opencode", {".local/share/opencode"}},
  {"Cursor", {".cursor", ".config/Cursor/logs"}},
};

/** Claude Code keeps what its commands print in folders of this name. */
static const char temporary[] = "/tmp", temporary_prefix[] = "claude-";

static enum failure look_under(const struct walk *walk, const char *home, const char *name)
{
  char path[PATH_BYTES_MAX];
  return paths_join(home, name, path) ? walk_path(walk, path) : OK;
}

enum failure places_look_at_histories(struct look *look, const char *home)
{
  const struct walk walk = {.look = look, .kind = "history", .always = true};
  enum failure failure = OK;
  for (size_t i = 0; !failure && i < sizeof histories / sizeof *histories; i++)
    failure = look_under(&walk, home, histories[i]);
  return failure;
}

/** Those of other users are not for us to look into. */
static bool is_own_temporary(int folder, const char *name)
{
  struct stat seen;
  if (strncmp(name, temporary_prefix, strlen(temporary_prefix)) != 0) return false;
  return fstatat(folder, name, &seen, AT_SYMLINK_NOFOLLOW) == 0 && seen.st_uid == geteuid();
}

static enum failure look_at_temporary(const struct walk *walk)
{
  enum failure failure = OK;
  DIR *entries = opendir(temporary);
  if (!entries) return OK;
  for (struct dirent *entry; !failure && (entry = readdir(entries));) {
    if (!look_takes_entry(walk->look) || look_is_over(walk->look)) break;
    if (is_own_temporary(dirfd(entries), entry->d_name)) failure = look_under(walk, temporary, entry->d_name);
  }
  closedir(entries);
  return failure;
}

enum failure places_look_at_agents(struct look *look, const char *home)
{
  const struct walk walk = {.look = look, .kind = "transcript", .depth_max = LOOK_DEPTH_MAX};
  enum failure failure = OK;
  for (size_t i = 0; !failure && i < sizeof agents / sizeof *agents; i++)
    for (const char *const *place = agents[i].places; !failure && *place; place++)
      failure = look_under(&walk, home, *place);
  return failure ? failure : look_at_temporary(&walk);
}

bool places_is_history(const char *home, const char *path)
{
  char known[PATH_BYTES_MAX];
  for (size_t i = 0; i < sizeof histories / sizeof *histories; i++)
    if (paths_join(home, histories[i], known) && strcmp(known, path) == 0) return true;
  return false;
}
