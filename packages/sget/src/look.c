// One search for values that were left behind.
#include "look.h"
#include "clock.h"
#include "frame.h"
#include "job.h"
#include "text.h"
#include <string.h>

const char limit_time[] = "time", limit_entries[] = "entries", limit_bytes[] = "bytes", limit_depth[] = "depth",
           limit_places[] = "places", limit_unreadable[] = "unreadable", limit_wide[] = "wide", limit_short[] = "short";

void look_begin(struct look *look, struct connection *daemon, struct sought *sought)
{
  *look = (struct look){
    .daemon = daemon,
    .sought = sought,
    .entries_left = LOOK_ENTRIES_MAX,
    .places_left = LOOK_PLACES_MAX,
    .begun_ms = clock_ms(),
  };
  if (sought->is_short) look_limited(look, limit_short);
  scan_begin(&look->scan, sought);
}

void look_limited(struct look *look, const char *limit)
{
  if (!look->limit) look->limit = limit;
}

uint32_t look_ms(const struct look *look)
{
  return (uint32_t)(clock_ms() - look->begun_ms);
}

bool look_is_over(struct look *look)
{
  if (look_ms(look) < LOOK_MS_MAX) return false;
  look_limited(look, limit_time);
  return true;
}

bool look_takes_entry(struct look *look)
{
  if (look->entries_left == 0) look_limited(look, limit_entries);
  else look->entries_left--;
  return look->entries_left > 0;
}

/** A name may be any bytes; a text of the protocol is UTF-8. */
static void write_place(struct writer *into, const char *place)
{
  struct reader rest = {(const uint8_t *)place, strnlen(place, TEXT_BYTES_MAX)};
  writer_number(into, 2, rest.left);
  while (rest.left > 0) {
    const uint8_t *start = rest.at;
    uint32_t point;
    bool is_sound = text_next(&rest, &point);
    if (!is_sound) rest = (struct reader){rest.at + 1, rest.left - 1};
    if (is_sound) writer_bytes(into, start, (size_t)(rest.at - start));
    else writer_bytes(into, "?", 1);
  }
}

static enum failure tell(struct look *look, const char *kind, const char *place, int pid, size_t value)
{
  struct writer *into = &look->daemon->outbox;
  struct slice ref = sought_ref(look->sought, value);
  if (look->places_left == 0) {
    look_limited(look, limit_places);
    return OK;
  }
  look->places_left--;
  size_t start = frame_begin(into, MESSAGE_FOUND, JOB_ID);
  writer_text(into, kind);
  write_place(into, place);
  writer_number(into, 4, (uint64_t)pid);
  writer_number(into, 2, ref.length);
  writer_bytes(into, ref.bytes, ref.length);
  writer_number(into, 4, look->sought->counts[value]);
  frame_end(into, start, 0);
  return connection_send(look->daemon, NULL);
}

enum failure look_through(struct look *look, int file, uint64_t bytes_max, const char *kind, const char *place, int pid)
{
  enum scanned result = SCANNED;
  look->files++;
  enum failure failure = scan_descriptor(&look->scan, file, bytes_max, &result);
  switch (result) {
  case SCANNED: break;
  case SCAN_CUT: look_limited(look, limit_bytes); break;
  case SCAN_UNREADABLE: look_limited(look, limit_unreadable); break;
  }
  for (size_t i = 0; !failure && i < look->sought->patterns.known_count; i++)
    if (look->sought->counts[i] > 0) failure = tell(look, kind, place, pid, i);
  return failure;
}
