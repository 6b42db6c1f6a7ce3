// sget sweep: a worker of sgetd. It looks into files and processes so that sgetd never has their contents, and lives for one
// job.
#define _GNU_SOURCE // syscall
#include "commands.h"
#include "exchange.h"
#include "hide.h"
#include "job.h"
#include "parent.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
  LOWEST_PRIORITY = 19,
  /** Of ioprio_set(2): for a process, and to the disk only when nobody else wants it. */
  IOPRIO_WHO_PROCESS = 1,
  IOPRIO_IDLE = 3 << 13,
};

/** Whatever a job waits for, nobody waits for it longer than so; and it does not outlive who wants it. */
static enum failure confine(void)
{
  static const struct rlimit none = {0, 0};
  alarm(WORKER_SECONDS_MAX);
  setpriority(PRIO_PROCESS, 0, LOWEST_PRIORITY);
  syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || setrlimit(RLIMIT_CORE, &none) < 0) return NOT_HARDENED;
  return hide();
}

/** Takes a value; one without a ref is the text of a `cover`, and stays in the room that it came in. */
static enum failure take_value(struct sought *sought, struct frame *frame, struct slice *text)
{
  uint64_t index;
  struct slice variable = {NULL, 0}, ref = {NULL, 0}, secret = {NULL, 0};
  reader_number(&frame->body, 2, &index);
  reader_counted(&frame->body, 2, &variable);
  reader_counted(&frame->body, 2, &ref);
  reader_counted(&frame->body, 4, &secret);
  *text = secret;
  return ref.length > 0 ? sought_add(sought, secret, ref) : OK;
}

/** Takes values up to the order, and does what that says. */
static enum failure serve(struct connection *daemon, struct sought *sought)
{
  struct frame frame;
  struct slice text = {NULL, 0};
  for (;;) {
    enum failure failure = connection_receive(daemon, &frame);
    if (!failure && frame.type == MESSAGE_VALUE) failure = take_value(sought, &frame, &text);
    if (failure) return failure;
    switch (frame.type) {
    case MESSAGE_VALUE: break;
    case MESSAGE_LOOK: return job_look(daemon, sought, &frame);
    case MESSAGE_COVER: return job_cover(daemon, sought, text);
    case MESSAGE_STRIKE: return job_strike(daemon, sought, &frame);
    default: return BAD_MESSAGE;
    }
  }
}

enum failure command_sweep(const struct installation *here, struct options *options)
{
  struct sought sought = {0};
  struct secret room = {0};
  (void)options;
  if (!parent_is_daemon(here, JOB_DESCRIPTOR)) return refuse(USAGE, "sgetd alone starts sget sweep");
  enum failure failure = confine();
  if (failure) return failure;
  connection_adopt(&the_daemon, JOB_DESCRIPTOR);
  the_daemon.room = &room;
  failure = message_send(&the_daemon, MESSAGE_ACK, JOB_ID);
  if (!failure) failure = serve(&the_daemon, &sought);
  secret_release(&room);
  sought_release(&sought);
  return failure;
}
