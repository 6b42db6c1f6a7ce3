// Names of environment variables that may hold a secret.
#include "variable.h"
#include "limits.h"
#include <string.h>

static bool is_letter(uint8_t byte)
{
  return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '_';
}

static bool is_digit(uint8_t byte)
{
  return byte >= '0' && byte <= '9';
}

static bool is_name(struct slice name)
{
  if (name.length == 0 || name.length > VARIABLE_BYTES_MAX || is_digit(name.bytes[0])) return false;
  for (size_t i = 0; i < name.length; i++)
    if (!is_letter(name.bytes[i]) && !is_digit(name.bytes[i])) return false;
  return true;
}

static bool is_obeyed(const char *upper)
{
  for (const char *const *prefix = variable_obeyed_prefixes; *prefix; prefix++)
    if (strncmp(upper, *prefix, strlen(*prefix)) == 0) return true;
  for (const char *const *name = variable_obeyed_names; *name; name++)
    if (strcmp(upper, *name) == 0) return true;
  return false;
}

bool variable_is_safe(struct slice name)
{
  if (!is_name(name)) return false;
  char upper[VARIABLE_BYTES_MAX + 1] = {0};
  for (size_t i = 0; i < name.length; i++) {
    uint8_t byte = name.bytes[i];
    upper[i] = (char)(byte >= 'a' && byte <= 'z' ? byte - 'a' + 'A' : byte);
  }
  return !is_obeyed(upper);
}

bool variable_may_name_file(struct slice name)
{
  return variable_is_safe(name) || slice_equals(name, "KUBECONFIG");
}
