// The env files of a run.
#include "references.h"
#include "dotenv.h"
#include "literal.h"
#include "origin.h"
#include "ref.h"
#include "regular.h"
#include "report.h"
#include "variable.h"
#include <string.h>
#include <unistd.h>

/** One reading of all files: what it fills, and what was named before. */
struct reading {
  struct references *all;
  struct options *options;
  /** How many variables -e names. */
  unsigned given;
  /** The file at hand. */
  const char *path;
};

static char names[DOTENV_ENTRIES_MAX][VARIABLE_BYTES_MAX + 1];
static unsigned names_count;
static char refs[REFS_PER_REQUEST_MAX][FULL_REF_BYTES_MAX + 1];

static bool is_named_before(struct slice name)
{
  for (unsigned i = 0; i < names_count; i++)
    if (slice_equals(name, names[i])) return true;
  return false;
}

static bool is_given(const struct reading *reading, struct slice name)
{
  for (unsigned i = 0; i < reading->given; i++)
    if (slice_equals(name, reading->options->wanted[i].variable)) return true;
  return false;
}

static void copy_name(char into[static VARIABLE_BYTES_MAX + 1], struct slice name)
{
  memcpy(into, name.bytes, name.length);
  into[name.length] = '\0';
}

static const char *add_reference(struct reading *reading, struct slice name, struct slice ref)
{
  struct options *options = reading->options;
  struct slice path, field;
  if (!ref_parse(ref, &path, &field)) return "it is not sget://PATH or sget://PATH#FIELD";
  if (is_given(reading, name)) return NULL;
  if (options->wanted_count == REFS_PER_REQUEST_MAX) return "it is one reference more than a run may have";
  struct wanted *wanted = &options->wanted[options->wanted_count];
  char *text = refs[options->wanted_count++];
  copy_name(wanted->variable, name);
  memcpy(text, ref.bytes, ref.length);
  text[ref.length] = '\0';
  wanted->ref = text;
  return NULL;
}

static const char *add_plain(struct reading *reading, struct slice name, struct slice value)
{
  struct references *all = reading->all;
  if (is_given(reading, name)) return NULL;
  if (all->plain_count == PLAIN_PER_RUN_MAX) return "it is one plain value more than a run may have";
  if (name.length + value.length + 2 > VARIABLE_STRING_BYTES_MAX) return "its value is longer than the system allows";
  size_t length = all->strings.length + name.length + value.length + 2;
  if (secret_reserve(&all->strings, length)) return "the system gives no memory for it that stays out of swap";
  struct plain *plain = &all->plain[all->plain_count++];
  copy_name(plain->name, name);
  plain->at = all->strings.length;
  struct writer into = {all->strings.bytes, all->strings.capacity, all->strings.length, false};
  writer_bytes(&into, name.bytes, name.length);
  writer_bytes(&into, "=", 1);
  writer_bytes(&into, value.bytes, value.length);
  writer_bytes(&into, "", 1);
  all->strings.length = into.length;
  return NULL;
}

/** By its form alone: whoever writes the file learns nothing of what is stored. */
static void warn_of_literal(const struct reading *reading, const struct dotenv_entry *entry, struct slice value)
{
  const char *kind = literal_kind(value);
  char line[24], name[VARIABLE_BYTES_MAX + 1];
  if (!kind) return;
  copy_name(name, entry->name);
  say(STDERR_FILENO, "sget: warning: ", reading->path, ":", decimal(line, entry->line), ": ", name, " looks like ", kind,
      ": store it (sget put), and write ", name, "=sget://PATH#FIELD");
}

static const char *add_value(struct reading *reading, const struct dotenv_entry *entry, struct slice value)
{
  struct slice ref;
  if (dotenv_reference(value, &ref)) return add_reference(reading, entry->name, ref);
  warn_of_literal(reading, entry, value);
  return add_plain(reading, entry->name, value);
}

static const char *add_entry(struct reading *reading, const struct dotenv_entry *entry, struct secret *room)
{
  if (entry->fault) return entry->fault;
  if (!variable_is_safe(entry->name)) return "programs obey a variable of its name, so no file sets it";
  if (is_named_before(entry->name)) return "an earlier line has the same name";
  if (names_count == DOTENV_ENTRIES_MAX) return "it is one entry more than the files of a run may have";
  copy_name(names[names_count++], entry->name);
  struct writer into = {room->bytes, room->capacity, 0, false};
  dotenv_value(entry, &into);
  return add_value(reading, entry, (struct slice){into.bytes, into.length});
}

static enum failure add_entries(struct reading *reading, struct slice content)
{
  struct dotenv rest;
  struct dotenv_entry entry;
  struct secret room = {0};
  unsigned refused = 0;
  enum failure failure = secret_reserve(&room, content.length);
  dotenv_begin(&rest, content);
  while (!failure && dotenv_next(&rest, &entry)) {
    char line[24], column[24];
    const char *fault = add_entry(reading, &entry, &room);
    refused += fault != NULL;
    if (fault)
      say(STDERR_FILENO, "sget: ", reading->path, ":", decimal(line, entry.line), ":", decimal(column, entry.column),
          ": ", fault);
  }
  secret_release(&room);
  if (failure) return failure;
  return refused > 0 ? refuse(ENV_FILE_REFUSED, reading->path) : OK;
}

/** All from one repository, so that one question can name it; a link to another one hides what the file is. */
static enum failure find_origin(struct reading *reading, const struct regular *file)
{
  static char real[PATH_BYTES_MAX], named[PATH_BYTES_MAX];
  if (!origin_of(file->path, real) || !origin_of_name(reading->path, named))
    return refuse(FILE_UNREADABLE, reading->path);
  char *origin = reading->all->origin;
  bool first = origin[0] == '\0';
  if (strcmp(real, named) != 0 || (!first && strcmp(real, origin) != 0))
    return refuse(ENV_FILES_APART, reading->path);
  if (first) memcpy(origin, real, strlen(real) + 1);
  return OK;
}

static enum failure read_file(struct reading *reading)
{
  static struct regular file;
  struct secret content = {0};
  enum failure failure = regular_read(reading->path, &file, &content);
  if (!failure) failure = find_origin(reading, &file);
  if (!failure) failure = add_entries(reading, (struct slice){content.bytes, content.length});
  secret_release(&content);
  return failure;
}

enum failure references_read(struct references *all, struct options *options)
{
  struct reading reading = {.all = all, .options = options, .given = options->wanted_count};
  enum failure failure = OK;
  for (unsigned i = 0; !failure && i < options->env_files_count; i++) {
    reading.path = options->env_files[i];
    failure = read_file(&reading);
  }
  return failure;
}

void references_release(struct references *all)
{
  secret_release(&all->strings);
  all->plain_count = 0;
}
