// The environment around a command that a rule names.
#include "cleaned.h"
#include "home.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/**
 * What passes: how a terminal looks, what language is spoken, what time it is, and who one is. SHELL is not here, since
 * psql and others start it; PAGER, EDITOR and LESS are commands; LANGUAGE and TERMINFO lead to files; PWD is anybody's word.
 */
static const char *const passed[] = {
  "TERM", "COLORTERM", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "COLUMNS", "LINES",
  "LANG", "TZ", "USER", "LOGNAME", NULL,
};
static const char locale_prefix[] = "LC_";

/** `/` is for TZ alone, and there not first: a zone is looked up below the system's folder. */
static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.@+-";
static const char zone[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";

/** Without the folders that a group of the system may write, as /usr/local is on some. */
static char path[] = "PATH=/usr/bin:/bin:/usr/sbin:/sbin";

enum { VALUE_BYTES_USUAL = 64, CLEANED_MAX = 64 };

static bool is_named(const char *string, size_t length, const char *name)
{
  return strlen(name) == length && memcmp(string, name, length) == 0;
}

static bool is_passed(const char *string, size_t length)
{
  if (strncmp(string, locale_prefix, strlen(locale_prefix)) == 0) return true;
  for (const char *const *name = passed; *name; name++)
    if (is_named(string, length, *name)) return true;
  return false;
}

static bool is_plain(const char *string)
{
  size_t length = strcspn(string, "=");
  if (string[length] != '=' || !is_passed(string, length)) return false;
  const char *value = string + length + 1;
  const char *characters = is_named(string, length, "TZ") ? zone : plain;
  return strlen(value) <= VALUE_BYTES_USUAL && value[0] != '/' && value[strspn(value, characters)] == '\0';
}

static bool is_same_name(const char *one, const char *other)
{
  size_t length = strcspn(one, "=") + 1;
  return strncmp(one, other, length) == 0;
}

/** Of two with one name, programs differ in which they take. */
static bool is_there(char *const *list, size_t count, const char *string)
{
  for (size_t i = 0; i < count; i++)
    if (is_same_name(list[i], string)) return true;
  return false;
}

enum failure cleaned_environment(char *const *callers, char ***cleaned)
{
  static char home[sizeof "HOME=" + HOME_BYTES_MAX] = "HOME=";
  static char *list[CLEANED_MAX + 1];
  size_t count = 0;
  enum failure failure = home_of(geteuid(), home + strlen("HOME="));
  if (failure) return failure;
  list[count++] = path;
  list[count++] = home;
  for (; *callers && count < CLEANED_MAX; callers++)
    if (is_plain(*callers) && !is_there(list, count, *callers)) list[count++] = *callers;
  list[count] = NULL;
  *cleaned = list;
  return OK;
}
