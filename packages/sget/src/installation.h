// Which of the four programs this is, and what lies beside it. The kernel says so, not argv[0].
#pragma once
#include "failures.h"
#include "limits.h"

struct installation {
  /** The folder of this program, bin, and the one beside it, lib. */
  char bin[PATH_BYTES_MAX];
  char lib[PATH_BYTES_MAX];
  /** The base name of this program. */
  char name[PATH_BYTES_MAX];
};

/** Reads /proc/self/exe (proc(5)). */
enum failure installation_find(struct installation *here);
