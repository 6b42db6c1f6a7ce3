// One search for values that were left behind: what it may cost, what it has found, and where it could not look.
#pragma once
#include "connection.h"
#include "scan.h"
#include <sys/stat.h>

/** What limits a search, in the words of PROTOCOL.md. */
extern const char limit_time[], limit_entries[], limit_bytes[], limit_depth[], limit_places[], limit_unreadable[],
  limit_wide[], limit_short[];

struct look {
  struct connection *daemon;
  struct sought *sought;
  struct scan scan;
  /** Files that were last changed before this time are passed over, ms since 1970. */
  uint64_t since_ms;
  /** What git ignores is passed over. */
  bool skips_ignored;
  /** Processes that have values lawfully, with all that hang from them. */
  int spared[ROWS_MAX];
  size_t spared_count;
  /** What was reached first; NULL where all was looked at. */
  const char *limit;
  uint32_t files, entries_left, places_left;
  uint64_t begun_ms;
};

void look_begin(struct look *look, struct connection *daemon, struct sought *sought);

/** Notes that not everything was looked at, and why. */
void look_limited(struct look *look, const char *limit);

/** Whether it has taken as long as it may; that is a limit, too. */
bool look_is_over(struct look *look);

/** Takes one entry of a folder off those that may be looked at; false where there are none left. */
bool look_takes_entry(struct look *look);

/** So many milliseconds since it began. */
uint32_t look_ms(const struct look *look);

/**
 * Looks through an open file, at most so many bytes, and tells the daemon what it found.
 *
 * @param place where that is, as the system names it
 * @param pid the process that it is of, or 0
 */
enum failure look_through(struct look *look, int file, uint64_t bytes_max, const char *kind, const char *place, int pid);
