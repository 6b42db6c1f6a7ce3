// .env files, strictly.
#include "dotenv.h"
#include <string.h>

static const char not_an_entry[] = "it is not NAME=VALUE";
static const char not_closed[] = "its quote is not closed";
static const char not_ended[] = "something follows its closing quote";
static const char not_plain[] = "its value holds blanks, quotes, # or \\: put it between '…'";
static const char not_literal[] = "a $, ` or \\ in its value may mean more than itself: put it between '…'";

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
static const char digits[] = "0123456789";

static bool is_one_of(int byte, const char *set)
{
  return byte > 0 && byte < 0x80 && strchr(set, byte);
}

/** The byte ahead; a newline at the end of the file; -1 for NUL, which stands nowhere. */
static int ahead(const struct dotenv *file, size_t offset)
{
  if (offset >= file->rest.left) return '\n';
  return file->rest.at[offset] ? file->rest.at[offset] : -1;
}

/** Notes the place so many bytes ahead. */
static void note_place(const struct dotenv *file, size_t offset, struct dotenv_entry *entry)
{
  const uint8_t *start = file->start;
  entry->line = file->line;
  for (size_t i = 0; i < offset; i++)
    if (file->rest.at[i] == '\n') {
      entry->line++;
      start = file->rest.at + i + 1;
    }
  entry->column = (unsigned)(file->rest.at + offset - start) + 1;
}

/** The fault, with its place. */
static const char *fault_at(const struct dotenv *file, size_t offset, struct dotenv_entry *entry, const char *fault)
{
  note_place(file, offset, entry);
  return fault;
}

static void skip(struct dotenv *file, size_t count)
{
  struct slice skipped;
  if (!reader_bytes(&file->rest, count, &skipped)) return;
  for (size_t i = 0; i < count; i++)
    if (skipped.bytes[i] == '\n') {
      file->line++;
      file->start = skipped.bytes + i + 1;
    }
}

static void skip_all_of(struct dotenv *file, const char *set)
{
  while (file->rest.left > 0 && is_one_of(ahead(file, 0), set)) skip(file, 1);
}

static void skip_line(struct dotenv *file)
{
  while (ahead(file, 0) != '\n') skip(file, 1);
  skip(file, 1);
}

void dotenv_begin(struct dotenv *file, struct slice content)
{
  static const char mark[] = "\xef\xbb\xbf";
  *file = (struct dotenv){{content.bytes, content.length}, 1, content.bytes};
  if (content.length < 3 || memcmp(content.bytes, mark, 3) != 0) return;
  skip(file, 3);
  file->start = file->rest.at;
}

static void skip_export(struct dotenv *file)
{
  static const char word[] = "export ";
  if (file->rest.left < strlen(word) || memcmp(file->rest.at, word, strlen(word)) != 0) return;
  skip(file, strlen(word));
  skip_all_of(file, " \t");
}

static const char *read_name(struct dotenv *file, struct dotenv_entry *entry)
{
  size_t length = 0;
  while (is_one_of(ahead(file, length), letters) || (length > 0 && is_one_of(ahead(file, length), digits))) length++;
  if (length == 0 || ahead(file, length) != '=') return fault_at(file, length, entry, not_an_entry);
  entry->name = (struct slice){file->rest.at, length};
  note_place(file, 0, entry);
  skip(file, length + 1);
  return NULL;
}

/** A $ that some tool would take for a variable, a command or another $. */
static bool expands(int byte, int next)
{
  return byte == '$' && (is_one_of(next, letters) || is_one_of(next, digits) || is_one_of(next, "{($"));
}

static const char *check_quoted(int byte, int next, char quote)
{
  if (byte < 0) return not_an_entry;
  if (quote == '\'') return NULL;
  if (byte == '`' || expands(byte, next)) return not_literal;
  return byte == '\\' && !is_one_of(next, "nrt\\\"$") ? not_literal : NULL;
}

static const char *read_quoted(struct dotenv *file, struct dotenv_entry *entry)
{
  entry->quote = (char)ahead(file, 0);
  size_t length = 0;
  for (;; length++) {
    int byte = ahead(file, length + 1);
    if (length + 1 >= file->rest.left) return fault_at(file, 0, entry, not_closed);
    if (byte == entry->quote) break;
    const char *fault = check_quoted(byte, ahead(file, length + 2), entry->quote);
    if (fault) return fault_at(file, length + 1, entry, fault);
    if (byte == '\\' && entry->quote == '"') length++;
  }
  entry->raw = (struct slice){file->rest.at + 1, length};
  skip(file, length + 2);
  int after = ahead(file, 0);
  skip_all_of(file, " \t\r");
  if (ahead(file, 0) == '\n') return NULL;
  if (ahead(file, 0) == '#' && is_one_of(after, " \t")) return NULL;
  return fault_at(file, 0, entry, not_ended);
}

static const char *check_plain(int byte, int next, bool reference)
{
  if (byte < 0) return not_an_entry;
  if (is_one_of(byte, reference ? "'\"\\" : "'\"#\\")) return not_plain;
  return byte == '`' || expands(byte, next) ? not_literal : NULL;
}

/** In a reference # stands before the field; no tool takes it for a comment without a blank before it. */
static const char *read_plain(struct dotenv *file, struct dotenv_entry *entry)
{
  struct slice ref;
  bool reference = dotenv_reference((struct slice){file->rest.at, file->rest.left}, &ref);
  size_t length = 0;
  for (int byte; (byte = ahead(file, length)) != '\n' && !is_one_of(byte, " \t\r"); length++) {
    const char *fault = check_plain(byte, ahead(file, length + 1), reference);
    if (fault) return fault_at(file, length, entry, fault);
  }
  entry->raw = (struct slice){file->rest.at, length};
  skip(file, length);
  skip_all_of(file, " \t\r");
  if (ahead(file, 0) == '\n' || ahead(file, 0) == '#') return NULL;
  return fault_at(file, 0, entry, not_plain);
}

bool dotenv_next(struct dotenv *file, struct dotenv_entry *entry)
{
  skip_all_of(file, " \t\r\n");
  while (file->rest.left > 0 && ahead(file, 0) == '#') {
    skip_line(file);
    skip_all_of(file, " \t\r\n");
  }
  if (file->rest.left == 0) return false;
  *entry = (struct dotenv_entry){0};
  skip_export(file);
  entry->fault = read_name(file, entry);
  bool quoted = !entry->fault && is_one_of(ahead(file, 0), "'\"");
  if (!entry->fault) entry->fault = quoted ? read_quoted(file, entry) : read_plain(file, entry);
  skip_line(file);
  return true;
}

bool dotenv_reference(struct slice value, struct slice *ref)
{
  static const char scheme[] = "sget://";
  size_t length = strlen(scheme);
  if (value.length < length || memcmp(value.bytes, scheme, length) != 0) return false;
  *ref = (struct slice){value.bytes + length, value.length - length};
  return true;
}

static uint8_t unescaped(uint8_t byte)
{
  switch (byte) {
  case 'n': return '\n';
  case 'r': return '\r';
  case 't': return '\t';
  default: return byte;
  }
}

void dotenv_value(const struct dotenv_entry *entry, struct writer *into)
{
  for (size_t i = 0; i < entry->raw.length; i++) {
    uint8_t byte = entry->raw.bytes[i];
    bool escaped = byte == '\\' && entry->quote == '"' && i + 1 < entry->raw.length;
    if (escaped) byte = unescaped(entry->raw.bytes[++i]);
    writer_bytes(into, &byte, 1);
  }
}
