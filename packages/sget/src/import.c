// sget import FILE: stores the values of a .env file, and prints the file of references that can take its place.
#include "commands.h"
#include "envfile.h"
#include "ref.h"
#include "report.h"
#include "session.h"
#include "store.h"
#include "terminal.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REF_TEXT_BYTES = PATH_BYTES_MAX + VARIABLE_BYTES_MAX + FIELD_BYTES_MAX };

/** The import under way: its file, and how far it has come. */
static struct {
  struct envfile file;
  char prefix[PATH_BYTES_MAX];
  unsigned current;
} import;

static char lower(char letter)
{
  return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

/** PREFIX/name#password; stays until the next one is asked for. */
static const char *ref_of(unsigned index)
{
  static char ref[REF_TEXT_BYTES];
  char *into = stpcpy(ref, import.prefix);
  *into++ = '/';
  for (const char *from = import.file.entries[index].name; *from; from++) *into++ = lower(*from);
  *into++ = '#';
  stpcpy(into, ref_default_field);
  return ref;
}

/** The name of the folder that the file lies in, in the letters that every shell takes as they are. */
static enum failure prefix_of_folder(const char *path)
{
  static char real[PATH_BYTES_MAX];
  static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
  if (!realpath(path, real)) return refuse(FILE_UNREADABLE, path);
  char *slash = strrchr(real, '/');
  *slash = '\0';
  char *folder = strrchr(real, '/');
  size_t length = 0;
  for (const char *from = folder ? folder + 1 : ""; *from; from++)
    import.prefix[length++] = strchr(plain, lower(*from)) ? lower(*from) : '-';
  import.prefix[length] = '\0';
  return OK;
}

static enum failure choose_prefix(const char *path, const char *given)
{
  if (!given) return prefix_of_folder(path);
  if (strlen(given) >= sizeof import.prefix) return refuse(BAD_REF, given);
  memcpy(import.prefix, given, strlen(given) + 1);
  return OK;
}

static enum failure check_refs(void)
{
  for (unsigned i = 0; i < import.file.count; i++)
    if (!ref_is_valid(ref_of(i))) return refuse(BAD_REF, ref_of(i));
  return OK;
}

static enum failure read_entry(const struct source *source, int daemon, struct secret *into)
{
  (void)source, (void)daemon;
  return envfile_value(&import.file, import.current, into);
}

/** Stores one after another. What stops one stops the rest; what is stored stays, and a second run may replace it. */
static enum failure store_entries(struct connection *daemon, bool replace)
{
  static char ref[REF_TEXT_BYTES];
  struct source source = {.obtain = read_entry, .descriptor = -1};
  for (import.current = 0; import.current < import.file.count; import.current++) {
    struct delivery put = {MESSAGE_PUT, ref, replace, &source};
    if (import.file.entries[import.current].empty) continue;
    stpcpy(ref, ref_of(import.current));
    report_trying("store", ref);
    enum failure failure = store(daemon, &put);
    if (failure) return failure;
  }
  return OK;
}

/** What has no value stays as it was. */
static enum failure print_references(unsigned count)
{
  bool printed = true;
  for (unsigned i = 0; printed && i < count; i++) {
    const struct envfile_entry *entry = &import.file.entries[i];
    if (entry->empty) printed = say(STDOUT_FILENO, entry->name, "=");
    else printed = say(STDOUT_FILENO, entry->name, "=sget://", ref_of(i));
  }
  return printed ? OK : OUTPUT_FAILED;
}

static void say_what_was_done(void)
{
  char all[24], left[24];
  unsigned empty = 0;
  for (unsigned i = 0; i < import.current; i++) empty += import.file.entries[i].empty;
  say(STDERR_FILENO, "sget: stored ", decimal(all, import.current - empty), " values below ", import.prefix, "; ",
      decimal(left, empty), " empty names stay as they are, comments were left out");
}

static void offer_to_delete(const char *path)
{
  const char *const question[] = {"Delete ", path, "? Its values are in the vault now; its backups and its history",
                                  " in git, if any, keep them.", NULL};
  bool agreed = envfile_is_unchanged(&import.file) && terminal_agrees(question);
  if (agreed && unlink(path) == 0) say(STDERR_FILENO, "sget: deleted ", path);
  else say(STDERR_FILENO, "sget: ", path, " still holds the values: delete it when you need it no more");
}

enum failure command_import(const struct installation *here, struct options *options)
{
  (void)here;
  const char *path = options->operand;
  report_trying("import", path);
  enum failure failure = envfile_survey(&import.file, path);
  if (!failure) failure = choose_prefix(path, options->prefix);
  if (!failure) failure = check_refs();
  if (!failure) failure = session_open(options, &the_daemon);
  if (failure) return failure;
  failure = store_entries(&the_daemon, options->given & OPTION_REPLACE);
  connection_close(&the_daemon);
  enum failure printing = print_references(import.current);
  say_what_was_done();
  if (!failure && !printing) offer_to_delete(path);
  return failure ? failure : printing;
}
