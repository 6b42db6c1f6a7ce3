// What sget says about itself.
#include "help.h"
#include "limits.h"
#include "report.h"

static const char usage[] =
  "Secrets for programs, not for eyes.\n"
  "\n"
  "  sget [--grant HANDLE] [--reveal] REF           the value, on standard output\n"
  "  sget run [--grant HANDLE] [-e NAME=REF]... [--file NAME=REF]... [--env-file FILE]... -- COMMAND [ARGUMENT]...\n"
  "                                                 runs a command with values in its environment, and\n"
  "                                                 masks them in what it prints\n"
  "  sget put [--trim] [--replace] REF              stores standard input, or what is typed\n"
  "  sget import [--prefix PATH] [--replace] FILE   stores the values of a .env file\n"
  "  sget mask                                      standard input, with values that were given masked\n"
  "  sget unlock [--new]                            opens the vault, or makes one; starts sgetd\n"
  "  sget prove ID                                  allows a request, with the passphrase\n"
  "  sget passwd                                    changes the passphrase\n"
  "\n"
  "  REF is PATH or PATH#FIELD, for example db/prod#password.\n"
  "  --file NAME=REF       the value in a file in memory, as NAME=PATH (--pipe: once to be read, up to 64 KiB)\n"
  "  --no-mask             becomes the command, and leaves what it prints as it is\n"
  "  --env-file FILE       lines NAME=sget://REF, and NAME=VALUE for names that the config lists under [run] plain\n"
  "  --home DIR            another instance, all of it under DIR\n"
  "  --passphrase-fd N     the passphrase is the first line of descriptor N (passwd: --new-passphrase-fd M too)\n"
  "  --trim                without the final newline      --replace   over the value that is there\n"
  "\n"
  "Any other command, such as ls, show, status or audit, is one of sgetctl: see sgetctl --help.\n";

int help(int descriptor)
{
  print_parts(descriptor, usage, (const char *const[]){0});
  return 0;
}

int version(int descriptor)
{
  char digits[24];
  say(descriptor, "sget ", SGET_VERSION, " (protocol ", decimal(digits, PROTOCOL_VERSION), ")");
  return 0;
}
