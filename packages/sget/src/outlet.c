// What a command prints, on its way.
#define _GNU_SOURCE // pipe2
#include "outlet.h"
#include "descriptors.h"
#include "pty.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/** So much goes into a pipe at once where poll(2) says that there is room (PIPE_BUF of pipe(7)). */
enum { CAREFUL_BYTES_MAX = 4096 };

static bool open_pipe(struct outlet *outlet)
{
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return false;
  outlet->source = ends[0];
  outlet->given = ends[1];
  return fcntl(outlet->source, F_SETFL, O_NONBLOCK) == 0;
}

/** A file has one place where the next byte goes, which only those who share its description have. */
static void open_sink(struct outlet *outlet, int standard)
{
  struct stat status;
  if (fstat(standard, &status) < 0) status.st_mode = 0;
  outlet->is_socket = S_ISSOCK(status.st_mode);
  outlet->sink = -1;
  if (S_ISFIFO(status.st_mode) || outlet->is_terminal) outlet->sink = descriptors_own(standard, O_WRONLY);
  if (outlet->sink < 0) outlet->sink = standard;
}

enum failure outlet_open(struct outlet *outlet, int standard, bool is_whole, int *slave)
{
  *outlet = (struct outlet){.given = -1, .source = -1, .sink = -1, .standards = 1u << standard};
  outlet->is_terminal = isatty(standard);
  bool is_open = outlet->is_terminal ? pty_open(standard, is_whole, &outlet->source, &outlet->given) : open_pipe(outlet);
  if (!is_open) return refuse(NO_CHANNEL, outlet->is_terminal ? "a terminal" : "a pipe");
  if (is_whole) *slave = outlet->given;
  open_sink(outlet, standard);
  return OK;
}

enum failure outlet_begin(struct outlet *outlet, struct patterns *patterns, bool is_human)
{
  enum output terminal = is_human ? OUTPUT_PROMPT : OUTPUT_STEADY_TERMINAL;
  return mask_open(&outlet->mask, patterns, outlet->is_terminal ? terminal : OUTPUT_STEADY);
}

void outlet_watch(struct outlet *outlet, struct pollfd watched[static 2])
{
  // While the sink takes nothing, nothing is read: the command waits, as it would for the sink itself.
  watched[0] = (struct pollfd){.fd = outlet->is_waiting ? -1 : outlet->source, .events = POLLIN};
  watched[1] = (struct pollfd){.fd = outlet_is_over(outlet) ? -1 : outlet->sink};
  if (outlet->is_waiting) watched[1].events = POLLOUT;
}

static void end_source(struct outlet *outlet)
{
  if (outlet->source >= 0) close(outlet->source);
  outlet->source = -1;
}

/** The command finds its end closed, as it would have found the sink. */
static void give_up(struct outlet *outlet, int error)
{
  outlet->error = error;
  outlet->is_waiting = false;
  end_source(outlet);
}

/** Where the sink is shared, and may be one that blocks. */
static ssize_t write_carefully(int sink, struct slice bytes)
{
  struct pollfd room = {.fd = sink, .events = POLLOUT};
  size_t length = bytes.length < CAREFUL_BYTES_MAX ? bytes.length : CAREFUL_BYTES_MAX;
  errno = EAGAIN;
  return poll(&room, 1, 0) > 0 ? write(sink, bytes.bytes, length) : -1;
}

static ssize_t write_piece(const struct outlet *outlet, struct slice bytes)
{
  if (outlet->is_socket) return send(outlet->sink, bytes.bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL);
  bool is_shared = outlet->sink <= STDERR_FILENO;
  return is_shared ? write_carefully(outlet->sink, bytes) : write(outlet->sink, bytes.bytes, bytes.length);
}

static void write_out(struct outlet *outlet)
{
  struct slice bytes;
  outlet->is_waiting = false;
  while (!outlet->error && mask_next(&outlet->mask, &bytes)) {
    ssize_t count = write_piece(outlet, bytes);
    if (count < 0 && errno == EINTR) continue;
    outlet->is_waiting = count < 0 && errno == EAGAIN;
    if (outlet->is_waiting) return;
    if (count < 0) give_up(outlet, errno);
    else mask_taken(&outlet->mask, (size_t)count);
  }
}

/** The other side of a terminal answers EIO once nobody has it open. */
static void read_in(struct outlet *outlet, uint64_t now_ms)
{
  uint8_t *at;
  size_t capacity;
  if (mask_room(&outlet->mask, &at, &capacity) || capacity == 0) return;
  ssize_t count = read(outlet->source, at, capacity);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count > 0) mask_add(&outlet->mask, (size_t)count, now_ms);
  if (count > 0) return;
  end_source(outlet);
  mask_end(&outlet->mask);
}

void outlet_pass(struct outlet *outlet, const struct pollfd watched[static 2], uint64_t now_ms)
{
  // Of a socket or terminal whose other side has gone POLLHUP alone tells, and goes on telling.
  bool is_lost = watched[1].revents & (POLLERR | POLLHUP | POLLNVAL);
  if (is_lost && outlet->source >= 0) give_up(outlet, EPIPE);
  if (outlet->source >= 0 && watched[0].revents) read_in(outlet, now_ms);
  if (!outlet->error && mask_wake_ms(&outlet->mask) <= now_ms) mask_look(&outlet->mask, now_ms);
  write_out(outlet);
}

bool outlet_is_over(const struct outlet *outlet)
{
  return outlet->error || (outlet->source < 0 && !outlet->is_waiting);
}

bool outlet_is_quiet(const struct outlet *outlet)
{
  return !outlet->is_waiting && mask_wake_ms(&outlet->mask) == HOLD_FOR_EVER;
}

void outlet_close(struct outlet *outlet)
{
  end_source(outlet);
  mask_close(&outlet->mask);
  if (outlet->sink > STDERR_FILENO) close(outlet->sink);
  outlet->sink = -1;
  for (int standard = STDOUT_FILENO; standard <= STDERR_FILENO; standard++)
    if (outlet->standards & 1u << standard) descriptors_let_go(standard);
  outlet->standards = 0;
}
