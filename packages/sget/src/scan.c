// Looks through what a descriptor gives.
#include "scan.h"
#include "limits.h"
#include "matcher.h"
#include <errno.h>
#include <unistd.h>

enum failure scan_begin(struct scan *scan, struct sought *sought)
{
  *scan = (struct scan){.sought = sought, .bytes_left = SCAN_BYTES_MAX};
  return secret_reserve(&scan->room, SCAN_ROOM_BYTES);
}

/** Counts the places before a position: what is found later does not change them any more. */
static void count_until(struct sought *sought, struct spans *spans, uint64_t position)
{
  for (size_t i = 0; i < spans->count && spans->list[i].end <= position; i++) sought_count(sought, spans->list[i].value);
  spans_drop(spans, position);
}

static ssize_t read_some(struct scan *scan, int file, uint64_t bytes_max)
{
  uint64_t wanted = scan->room.capacity;
  if (wanted > bytes_max) wanted = bytes_max;
  if (wanted > scan->bytes_left) wanted = scan->bytes_left;
  ssize_t count;
  do count = read(file, scan->room.bytes, (size_t)wanted);
  while (count < 0 && errno == EINTR);
  return count;
}

enum scanned scan_descriptor(struct scan *scan, int file, uint64_t bytes_max)
{
  struct matcher matcher;
  enum scanned result = SCANNED;
  matcher_begin(&matcher, &scan->sought->patterns);
  while (bytes_max > 0 && sought_total(scan->sought) < SCAN_FOUND_MAX) {
    ssize_t count = scan->bytes_left > 0 ? read_some(scan, file, bytes_max) : 0;
    if (count < 0) result = SCAN_UNREADABLE;
    else if (scan->bytes_left == 0) result = SCAN_CUT;
    if (count <= 0) break;
    bytes_max -= (uint64_t)count;
    scan->bytes_left -= (uint64_t)count;
    scan->bytes_read += (uint64_t)count;
    matcher_add(&matcher, (struct slice){scan->room.bytes, (size_t)count});
    count_until(scan->sought, &matcher.spans, matcher_undecided(&matcher));
  }
  count_until(scan->sought, &matcher.spans, matcher.position);
  matcher_release(&matcher);
  return result;
}

void scan_end(struct scan *scan)
{
  secret_release(&scan->room);
}
