// A history file that is rewritten: a copy beside it, and a new one in its place, or nothing has changed.
#pragma once
#include "sought.h"

/** What becomes of one, in the words of PROTOCOL.md. */
extern const char history_scrubbed[], history_clean[], history_changed[], history_link[], history_backup_exists[],
  history_unwritable[];

/**
 * Puts labels in the place of values in the regular file at a path, which keeps its owner and mode. What it was is kept as
 * PATH.sget-backup, for its owner alone. What is masked is counted in `sought`.
 */
const char *history_scrub(struct sought *sought, const char *path);
