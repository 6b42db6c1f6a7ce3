// One static program under four names: sget, and the launcher of sgetd, sgetctl and sget-mcp.
#include "attestation.h"
#include "client.h"
#include "inherited.h"
#include "launch.h"
#include "pipes.h"
#include "report.h"
#include <string.h>

/** What every failure of the launcher ends with; the programs that it starts have statuses of their own. */
enum { NOT_LAUNCHED_STATUS = 1 };

static const char *const launched[] = {"sgetd", "sgetctl", "sget-mcp"};

static bool is_launched(const char *name)
{
  for (size_t i = 0; i < sizeof launched / sizeof *launched; i++)
    if (strcmp(name, launched[i]) == 0) return true;
  return false;
}

int main(int count, char **arguments)
{
  static struct installation here;
  char **users = count > 0 ? arguments + 1 : arguments;
  // Before a byte of what the caller gave is looked at.
  attestation_begin(arguments);
  inherited_begin(count, arguments);
  pipes_complete();
  enum failure failure = installation_find(&here);
  if (failure) return report(failure);
  report_as(here.name);
  if (strcmp(here.name, "sget") == 0) {
    pipes_survive();
    return client(&here, users);
  }
  if (is_launched(here.name)) failure = launch(&here, here.name, users);
  else failure = refuse(NOT_INSTALLED, here.name);
  if (!failure) return 0;
  report(failure);
  return NOT_LAUNCHED_STATUS;
}
