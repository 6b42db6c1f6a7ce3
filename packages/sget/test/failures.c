// Prints the failure table, a row a line, for the comparison with the TypeScript one.
#include "../src/failures.h"
#include <stdio.h>

int main(void)
{
  for (unsigned i = 0; i < failures_count; i++) {
    const struct failure_row *row = &failures[i];
    if (row->number >= FAILURE_LOCAL_MIN) continue;
    printf("%u\t%s\t%d\t%s\t%s\n", row->number, row->name, row->exit, row->text, row->hint);
  }
  return 0;
}
