// The environment of the command that `run` starts.
#include "environment.h"
#include "cleaned.h"
#include "variable.h"
#include <stdlib.h>
#include <string.h>

static bool is_same_name(const char *string, const char *other)
{
  size_t length = strcspn(other, "=");
  return strncmp(string, other, length) == 0 && string[length] == '=';
}

static bool is_replaced(const struct environment *environment, const char *string)
{
  for (unsigned i = 0; i < environment->count; i++)
    if (is_same_name(string, (const char *)environment->strings[i].bytes)) return true;
  return false;
}

static char *plain_string(const struct references *references, unsigned index)
{
  return (char *)references->strings.bytes + references->plain[index].at;
}

static bool is_set_by_file(const struct references *references, const char *string)
{
  for (unsigned i = 0; references && i < references->plain_count; i++)
    if (is_same_name(string, plain_string(references, i))) return true;
  return false;
}

enum failure environment_clean(struct environment *environment, char *const *callers)
{
  return cleaned_environment(callers, &environment->cleaned);
}

/** NAME=VALUE with its NUL, which the spare byte of a secret's room holds. */
static enum failure write_string(const struct value *value, struct secret *string)
{
  enum failure failure = secret_reserve(string, value->variable.length + value->secret.length + 2);
  if (failure) return failure;
  struct writer into = {string->bytes, string->capacity, 0, false};
  writer_bytes(&into, value->variable.bytes, value->variable.length);
  writer_bytes(&into, "=", 1);
  writer_bytes(&into, value->secret.bytes, value->secret.length);
  writer_bytes(&into, "", 1);
  string->length = into.length;
  return OK;
}

static enum failure add(struct environment *environment, const struct value *value)
{
  if (environment->count == REFS_PER_REQUEST_MAX) return BAD_MESSAGE;
  struct secret *string = &environment->strings[environment->count];
  enum failure failure = write_string(value, string);
  if (failure) return failure;
  if (is_replaced(environment, (const char *)string->bytes)) {
    secret_release(string);
    return BAD_MESSAGE;
  }
  environment->count++;
  return OK;
}

enum failure environment_add(struct environment *environment, const struct value *value)
{
  if (!variable_is_safe(value->variable)) return BAD_MESSAGE;
  if (memchr(value->secret.bytes, 0, value->secret.length)) return VALUE_NUL;
  if (value->variable.length + value->secret.length + 2 > VARIABLE_STRING_BYTES_MAX) return VALUE_TOO_LONG;
  return add(environment, value);
}

enum failure environment_add_path(struct environment *environment, const char *variable, const char *path)
{
  return add(environment, &(struct value){.variable = slice_of(variable), .secret = slice_of(path)});
}

char **environment_list(const struct environment *environment, char *const *callers)
{
  const struct references *references = environment->references;
  size_t inherited = 0;
  if (environment->cleaned) callers = environment->cleaned;
  while (callers[inherited]) inherited++;
  char **list = calloc(inherited + PLAIN_PER_RUN_MAX + environment->count + 1, sizeof *list);
  if (!list) abort();
  char **into = list;
  for (; *callers; callers++)
    if (!is_replaced(environment, *callers) && !is_set_by_file(references, *callers)) *into++ = *callers;
  for (unsigned i = 0; references && i < references->plain_count; i++) {
    char *string = plain_string(references, i);
    if (!is_replaced(environment, string)) *into++ = string;
  }
  for (unsigned i = 0; i < environment->count; i++) *into++ = (char *)environment->strings[i].bytes;
  return list;
}

void environment_release(struct environment *environment)
{
  for (unsigned i = 0; i < environment->count; i++) secret_release(&environment->strings[i]);
  environment->count = 0;
}
