// The .env file that is imported.
#include "envfile.h"
#include "dotenv.h"
#include "regular.h"
#include "report.h"
#include "variable.h"
#include <string.h>
#include <strings.h>
#include <unistd.h>

/** Names become refs in small letters, so those count. */
static bool is_same_name(struct slice name, const char *other)
{
  return strlen(other) == name.length && strncasecmp((const char *)name.bytes, other, name.length) == 0;
}

static bool is_known(const struct envfile *file, struct slice name)
{
  for (unsigned i = 0; i < file->count; i++)
    if (is_same_name(name, file->entries[i].name)) return true;
  return false;
}

static const char *fault_of(const struct envfile *file, const struct dotenv_entry *entry)
{
  if (entry->fault) return entry->fault;
  struct slice ref;
  if (dotenv_reference(entry->raw, &ref)) return "its value is a reference already";
  if (!variable_is_safe(entry->name)) return "its name cannot be that of a variable for a secret";
  if (is_known(file, entry->name)) return "an earlier line has the same name, at least in small letters";
  return file->count == DOTENV_ENTRIES_MAX ? "it is one entry more than a file may have" : NULL;
}

static void note_entry(struct envfile *file, const struct dotenv_entry *entry)
{
  struct envfile_entry *noted = &file->entries[file->count++];
  memcpy(noted->name, entry->name.bytes, entry->name.length);
  noted->name[entry->name.length] = '\0';
  noted->empty = entry->raw.length == 0;
}

static enum failure survey(struct envfile *file, struct slice content)
{
  struct dotenv rest;
  struct dotenv_entry entry;
  unsigned refused = 0;
  dotenv_begin(&rest, content);
  while (dotenv_next(&rest, &entry)) {
    char line[24], column[24];
    const char *fault = fault_of(file, &entry);
    if (fault)
      say(STDERR_FILENO, "sget: line ", decimal(line, entry.line), ", column ", decimal(column, entry.column),
          ", is refused: ", fault);
    else note_entry(file, &entry);
    refused += fault != NULL;
  }
  if (refused > 0) return FILE_REFUSED;
  return file->count > 0 ? OK : refuse(FILE_EMPTY, file->path);
}

enum failure envfile_survey(struct envfile *file, const char *path)
{
  static struct regular found;
  struct secret content = {0};
  file->path = path;
  file->count = 0;
  enum failure failure = regular_read(path, &found, &content);
  file->identity = found.identity;
  if (!failure) failure = survey(file, (struct slice){content.bytes, content.length});
  secret_release(&content);
  return failure;
}

bool envfile_is_unchanged(const struct envfile *file)
{
  struct stat now;
  return lstat(file->path, &now) == 0 && regular_is_same(&now, &file->identity);
}

/** The survey has refused whatever could make the entries differ from those that it counted. */
static enum failure copy_value(struct slice content, unsigned index, struct secret *value)
{
  struct dotenv rest;
  struct dotenv_entry entry;
  dotenv_begin(&rest, content);
  for (unsigned i = 0; i <= index; i++)
    if (!dotenv_next(&rest, &entry)) return FILE_CHANGED;
  enum failure failure = secret_reserve(value, entry.raw.length);
  if (failure) return failure;
  struct writer into = {value->bytes, value->capacity, 0, false};
  dotenv_value(&entry, &into);
  value->length = into.length;
  return OK;
}

enum failure envfile_value(const struct envfile *file, unsigned index, struct secret *value)
{
  static struct regular found;
  struct secret content = {0};
  enum failure failure = regular_read(file->path, &found, &content);
  if (!failure && !regular_is_same(&found.identity, &file->identity)) failure = refuse(FILE_CHANGED, file->path);
  if (!failure) failure = copy_value((struct slice){content.bytes, content.length}, index, value);
  secret_release(&content);
  return failure;
}
