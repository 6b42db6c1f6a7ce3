// Which of the four programs this is, and what lies beside it.
#include "installation.h"
#include "paths.h"
#include <string.h>
#include <unistd.h>

static const char executable[] = "/proc/self/exe";

enum failure installation_find(struct installation *here)
{
  ssize_t length = readlink(executable, here->bin, sizeof here->bin - 1);
  if (length <= 0 || here->bin[0] != '/') return refuse(NOT_INSTALLED, executable);
  here->bin[length] = '\0';
  char *slash = strrchr(here->bin, '/');
  memcpy(here->name, slash + 1, strlen(slash + 1) + 1);
  slash[slash == here->bin] = '\0';
  memcpy(here->lib, here->bin, sizeof here->lib);
  slash = strrchr(here->lib, '/');
  slash[slash == here->lib] = '\0';
  return paths_join(here->lib, "lib", here->lib) ? OK : refuse(NOT_INSTALLED, "lib");
}
