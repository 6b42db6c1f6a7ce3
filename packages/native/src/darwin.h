// What the files for macOS share: what the kernel says of a process (libproc.h).
#ifndef SGET_DARWIN_H
#define SGET_DARWIN_H

#include "native.h"

#include <libproc.h>

// A process as proc_pidinfo(PROC_PIDTBSDINFO) has it; with `zombies` also one that has ended and was not awaited. False
// when there is none. It tells of every process of the machine.
bool darwin_process(int pid, bool zombies, struct proc_bsdinfo *out);

// When it started: microseconds since 1970, which a double holds exactly.
double darwin_start(const struct proc_bsdinfo *process);

#endif
