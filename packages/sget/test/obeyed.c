// Prints the names that no variable with a secret may have, for the comparison with the TypeScript lists.
#include "../src/variable.h"
#include <stdio.h>

int main(void)
{
  for (const char *const *prefix = variable_obeyed_prefixes; *prefix; prefix++) printf("%s*\n", *prefix);
  for (const char *const *name = variable_obeyed_names; *name; name++) puts(*name);
  return 0;
}
