// Looks through files and folders, whatever lies there: no link is followed, nothing that is no regular file is opened, and
// no other file system is entered.
#pragma once
#include "look.h"

/** What is looked through, and as what it is told. */
struct walk {
  struct look *look;
  const char *kind;
  /** Folders below each other that are gone into; 0 for the files of the first one alone. */
  unsigned depth_max;
  /** Files are looked through whenever they were changed. */
  bool always;
  /** What a .gitignore names is passed over, where that is wanted. */
  bool heeds_ignored;
};

/** Looks through what lies at an absolute path, a file or a folder; that nothing lies there is fine. */
enum failure walk_path(const struct walk *walk, const char *path);
