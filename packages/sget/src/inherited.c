// The environment as the caller gave it, for the command that is run.
#define _GNU_SOURCE // environ
#include "inherited.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static char *first;

void inherited_begin(int count, char *const *arguments)
{
  if (count > 0) first = arguments[count - 1] + strlen(arguments[count - 1]) + 1;
}

/** One after the other, behind the arguments and up to the name of the executed file (copy_strings in fs/exec.c). */
static char **list_strings(const char *end)
{
  size_t count = 0;
  for (char *at = first; at < end; at += strlen(at) + 1) count++;
  char **list = calloc(count + 1, sizeof *list);
  if (!list) abort();
  char **into = list;
  for (char *at = first; at < end; at += strlen(at) + 1) *into++ = at;
  return list;
}

char **inherited_environment(void)
{
  const char *end = (const char *)(uintptr_t)getauxval(AT_EXECFN);
  bool whole = getauxval(AT_SECURE) == 0;
  return whole || !first || !end ? environ : list_strings(end);
}
