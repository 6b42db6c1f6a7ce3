// The job of looking for values that were left behind.
#include "home.h"
#include "job.h"
#include "look.h"
#include "places.h"
#include "processes.h"
#include "walk.h"
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/** File systems that tell of the system itself: what is there to be found is looked at elsewhere (statfs(2)). */
static const unsigned long system_kinds[] = {0x9fa0 /* proc */, 0x62656572 /* sysfs */};

/** What an order says, beside `since`. */
struct order {
  uint64_t since_ms, history, skips_ignored;
  struct reader places;
};

static void read_order(struct frame *frame, struct order *order)
{
  reader_number(&frame->body, 8, &order->since_ms);
  reader_number(&frame->body, 1, &order->history);
  reader_number(&frame->body, 1, &order->skips_ignored);
  order->places = frame->body;
}

/** The spared processes stand behind the places. */
static void read_spared(const struct order *order, struct look *look)
{
  struct reader rest = order->places;
  struct slice place;
  uint64_t count = 0, pid = 0;
  reader_number(&rest, 2, &count);
  while (count-- > 0) reader_counted(&rest, 2, &place);
  reader_number(&rest, 2, &count);
  for (; count > 0 && look->spared_count < ROWS_MAX; count--) {
    reader_number(&rest, 4, &pid);
    look->spared[look->spared_count++] = (int)pid;
  }
}

static bool is_of_system(const char *path)
{
  struct statfs kind;
  if (statfs(path, &kind) < 0) return false;
  for (size_t i = 0; i < sizeof system_kinds / sizeof *system_kinds; i++)
    if ((unsigned long)kind.f_type == system_kinds[i]) return true;
  return false;
}

/** The home, or what it lies in: to go into every folder there would be to look through everything. */
static bool is_wide(const char *path, const char *home)
{
  size_t length = strlen(path);
  if (length == 1) return true;
  return strncmp(home, path, length) == 0 && (home[length] == '/' || home[length] == '\0');
}

static enum failure look_at_place(struct look *look, struct slice place, const char *home)
{
  static char path[PATH_BYTES_MAX];
  if (place.length == 0 || place.length >= sizeof path || place.bytes[0] != '/') return OK;
  memcpy(path, place.bytes, place.length);
  path[place.length] = '\0';
  if (is_of_system(path)) {
    look_limited(look, limit_wide);
    return OK;
  }
  unsigned depth = is_wide(path, home) ? 0 : LOOK_DEPTH_MAX;
  return walk_path(&(struct walk){.look = look, .kind = "file", .depth_max = depth, .heeds_ignored = true}, path);
}

static enum failure look_at_places(struct look *look, struct reader places, const char *home)
{
  enum failure failure = OK;
  struct slice place = {NULL, 0};
  uint64_t count = 0;
  reader_number(&places, 2, &count);
  for (; !failure && count > 0; count--) {
    reader_counted(&places, 2, &place);
    failure = look_at_place(look, place, home);
  }
  return failure;
}

static enum failure look_everywhere(struct look *look, const struct order *order)
{
  static char home[HOME_BYTES_MAX];
  enum failure failure = home_of(geteuid(), home);
  if (!failure) failure = places_look_at_histories(look, home);
  if (failure || order->history) return failure;
  failure = processes_look(look);
  if (!failure) failure = places_look_at_agents(look, home);
  return failure ? failure : look_at_places(look, order->places, home);
}

static enum failure tell_end(const struct look *look)
{
  struct writer *into = &look->daemon->outbox;
  size_t start = frame_begin(into, MESSAGE_LOOKED, JOB_ID);
  writer_text(into, look->limit);
  writer_number(into, 4, look->files);
  writer_number(into, 4, look->scan.bytes_read / 1024);
  writer_number(into, 4, look_ms(look));
  frame_end(into, start, 0);
  return connection_send(look->daemon, NULL);
}

enum failure job_look(struct connection *daemon, struct sought *sought, struct frame *frame)
{
  struct look look;
  struct order order = {0};
  read_order(frame, &order);
  look_begin(&look, daemon, sought);
  look.since_ms = order.since_ms;
  look.skips_ignored = order.skips_ignored != 0;
  read_spared(&order, &look);
  enum failure failure = look_everywhere(&look, &order);
  return failure ? failure : tell_end(&look);
}
