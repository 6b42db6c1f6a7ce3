// Stands where Node does, and tells what it was started with: A, E, F or C and an argument, a variable, a descriptor,
// the folder, each up to a NUL.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

extern char **environ;

int main(int count, char **arguments)
{
  char folder[4096];
  for (int i = 0; i < count; i++) printf("A%s%c", arguments[i], 0);
  for (char **at = environ; *at; at++) printf("E%s%c", *at, 0);
  for (int i = 0; i < 256; i++)
    if (fcntl(i, F_GETFD) >= 0) printf("F%d%c", i, 0);
  printf("C%s%c", getcwd(folder, sizeof folder) ? folder : "", 0);
  return 0;
}
