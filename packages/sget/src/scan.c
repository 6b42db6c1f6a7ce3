// Looks through what a descriptor gives.
#include "scan.h"
#include "limits.h"
#include "matcher.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum failure scan_begin(struct scan *scan, struct sought *sought)
{
  *scan = (struct scan){.sought = sought, .bytes_left = SCAN_BYTES_MAX};
  enum failure failure = patterns_ready(&sought->patterns);
  return failure ? failure : secret_reserve(&scan->room, SCAN_ROOM_BYTES);
}

/** Counts the places before a position: what is found later does not change them any more. */
static void count_until(struct sought *sought, struct spans *spans, uint64_t position)
{
  for (size_t i = 0; i < spans->count && spans->list[i].end <= position; i++) sought_count(sought, spans->list[i].value);
  spans_drop(spans, position);
}

/** Behind what is kept of the last piece. */
static ssize_t read_some(struct scan *scan, int file, uint64_t bytes_max)
{
  uint64_t wanted = scan->room.capacity - scan->room.length;
  if (wanted > bytes_max) wanted = bytes_max;
  if (wanted > scan->bytes_left) wanted = scan->bytes_left;
  ssize_t count;
  do count = read(file, scan->room.bytes + scan->room.length, (size_t)wanted);
  while (count < 0 && errno == EINTR);
  return count;
}

/** Looks at one more piece, and keeps the last bytes of it, where a value may begin that the next one tells. */
static void look_at(struct scan *scan, struct matcher *matcher, size_t count)
{
  struct secret *room = &scan->room;
  room->length += count;
  struct slice window = {room->bytes, room->length};
  matcher_add(matcher, window, matcher->end + count);
  count_until(scan->sought, &matcher->spans, matcher_undecided(matcher, window));
  size_t kept = (size_t)(matcher->end - matcher->position);
  memmove(room->bytes, room->bytes + room->length - kept, kept);
  room->length = kept;
}

enum scanned scan_descriptor(struct scan *scan, int file, uint64_t bytes_max)
{
  struct matcher matcher;
  enum scanned result = SCANNED;
  scan->room.length = 0;
  matcher_begin(&matcher, &scan->sought->patterns);
  while (bytes_max > 0 && sought_total(scan->sought) < SCAN_FOUND_MAX) {
    ssize_t count = scan->bytes_left > 0 ? read_some(scan, file, bytes_max) : 0;
    if (count < 0) result = SCAN_UNREADABLE;
    else if (scan->bytes_left == 0) result = SCAN_CUT;
    if (count <= 0) break;
    bytes_max -= (uint64_t)count;
    scan->bytes_left -= (uint64_t)count;
    scan->bytes_read += (uint64_t)count;
    look_at(scan, &matcher, (size_t)count);
  }
  count_until(scan->sought, &matcher.spans, matcher.end);
  matcher_release(&matcher);
  return result;
}

void scan_end(struct scan *scan)
{
  secret_release(&scan->room);
}
