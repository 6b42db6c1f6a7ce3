// A command from its start to its end.
#include "supervise.h"
#include "clock.h"
#include "report.h"
#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  /** Signals, the monitor's word, what is typed and where it goes; and what each outlet wants to know. */
  OWN_POLLS = 4,
  OUTLET_POLLS = 2,
  /** How long what a command printed before it ended or was stopped is waited for, where more may be printed. */
  REST_WAIT_MS = 200,
};

/** Until an outlet wants to be looked at again, or so long as given. */
static int wait_of(const struct supervision *run, int wait_ms)
{
  uint64_t now = clock_ms();
  for (unsigned i = 0; i < run->outlets_count; i++) {
    const struct outlet *outlet = &run->outlets[i];
    uint64_t wake = outlet_is_over(outlet) || outlet->is_waiting ? HOLD_FOR_EVER : mask_wake_ms(&outlet->mask);
    if (wake == HOLD_FOR_EVER) continue;
    int wait = wake > now ? (int)(wake - now) : 0;
    if (wait_ms < 0 || wait < wait_ms) wait_ms = wait;
  }
  return wait_ms;
}

/** While there is still somewhere to tell it. A reader that has gone is the command's affair, which finds its end closed. */
static void tell_failure(struct supervision *run, const struct outlet *outlet)
{
  if (outlet->error == 0 || outlet->error == EPIPE || outlet->error == EIO) return;
  report(refuse(PRINTING_FAILED, strerror(outlet->error)));
  run->has_failed = true;
}

void supervise_outlets(struct supervision *run, struct pollfd *more, unsigned more_count, int wait_ms)
{
  struct pollfd watched[OWN_POLLS + OUTLETS_MAX * OUTLET_POLLS];
  unsigned count = more_count;
  if (more_count > 0) memcpy(watched, more, more_count * sizeof *more);
  for (unsigned i = 0; i < run->outlets_count; i++, count += OUTLET_POLLS)
    outlet_watch(&run->outlets[i], watched + count);
  if (poll(watched, count, wait_of(run, wait_ms)) < 0) return;
  uint64_t now = clock_ms();
  for (unsigned i = 0; i < run->outlets_count; i++) {
    struct outlet *outlet = &run->outlets[i];
    if (!outlet->standards) continue;
    outlet_pass(outlet, watched + more_count + i * OUTLET_POLLS, now);
    if (!outlet_is_over(outlet)) continue;
    tell_failure(run, outlet);
    outlet_close(outlet);
  }
  if (more_count > 0) memcpy(more, watched, more_count * sizeof *more);
}

bool supervise_has_heirs(const struct supervision *run)
{
  for (unsigned i = 0; i < run->outlets_count; i++)
    if (run->outlets[i].standards) return true;
  return false;
}

/* What is on its way. */

static void return_terminal(struct supervision *run)
{
  if (run->is_typed) typing_return(&run->typing);
  run->is_typed = false;
}

/** Once the command has ended, signals are ours alone. */
static void end_by_signals(struct supervision *run)
{
  struct signalfd_siginfo info;
  while (read(run->signals, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGPIPE) continue;
    return_terminal(run);
    suffer((int)info.ssi_signo);
  }
}

/** Whether an outlet may soon pass on something that was printed already. */
static bool is_busy(const struct outlet *outlet)
{
  struct pollfd source = {.fd = outlet->source, .events = POLLIN};
  return outlet->standards && (!outlet_is_quiet(outlet) || poll(&source, 1, 0) > 0);
}

/** Who typed a stop of the output may type that it goes on, also when the command has ended. */
static void attend_rest(struct supervision *run, int signals, int wait_ms)
{
  struct pollfd more[] = {{.fd = signals, .events = POLLIN}, {.fd = -1}, {.fd = -1}};
  bool is_typed = run->is_typed && run->has_ended;
  if (is_typed) typing_watch(&run->typing, more + 1);
  supervise_outlets(run, more, sizeof more / sizeof *more, wait_ms);
  if (is_typed) typing_pass(&run->typing, more + 1);
  if (more[0].revents) end_by_signals(run);
}

/** Passes on what was printed so far: to its end where nobody else can print, and else for so long. */
static void settle(struct supervision *run)
{
  uint64_t until = clock_ms() + REST_WAIT_MS;
  for (;;) {
    bool is_done = true, is_open = !run->has_ended;
    for (unsigned i = 0; i < run->outlets_count; i++) {
      is_done = is_done && !is_busy(&run->outlets[i]);
      is_open = is_open || run->outlets[i].source >= 0;
    }
    uint64_t now = clock_ms();
    if (is_done || (is_open && now >= until)) return;
    attend_rest(run, is_open ? -1 : run->signals, is_open ? (int)(until - now) : -1);
  }
}

/* Stops. */

/** Of several at once only that one: whoever continues a job is told of once. */
static bool was_continued(void)
{
  sigset_t it;
  sigemptyset(&it);
  sigaddset(&it, SIGCONT);
  return sigtimedwait(&it, NULL, &(struct timespec){0}) == SIGCONT;
}

static bool take_terminal(struct supervision *run)
{
  return run->is_typed && typing_take(&run->typing);
}

/**
 * The command was stopped, so its job is: here and for whoever started us. One that nobody can continue is not stopped by
 * its terminal (the group is orphaned); what it reads there is then at its end.
 */
static void stop_too(struct supervision *run, int signal)
{
  bool is_about_typing = signal == SIGTTIN || signal == SIGTTOU;
  if (is_about_typing && take_terminal(run)) {
    command_resume(&run->command, true);
    return;
  }
  settle(run);
  keyboard_give_back(&run->typing.keyboard);
  suffer(signal);
  bool is_foreground = take_terminal(run);
  if (!was_continued() && is_about_typing && run->is_typed) {
    typing_end(&run->typing);
    is_foreground = true;
  }
  command_resume(&run->command, is_foreground);
}

static void hear_of_command(struct supervision *run)
{
  int status;
  while (!run->has_ended && command_change(&run->command, &status)) {
    if (WIFSTOPPED(status)) stop_too(run, WSTOPSIG(status));
    run->has_ended = WIFEXITED(status) || WIFSIGNALED(status);
    run->status = status;
  }
}

/* Signals. */

/** Whoever the kernel told of the real terminal's new size has looked at the old one of ours, perhaps. */
static void resize(const struct supervision *run, const struct signalfd_siginfo *info)
{
  bool is_ours = false;
  for (unsigned i = 0; i < run->outlets_count; i++) {
    const struct outlet *outlet = &run->outlets[i];
    if (!outlet->is_terminal || outlet->source < 0) continue;
    pty_resize(outlet->source, outlet->sink);
    is_ours = true;
  }
  if (info->ssi_code != SI_KERNEL || (is_ours && !run->is_typed)) command_signal(&run->command, SIGWINCH, false);
}

/** What the terminal does to its foreground, and the kernel to those who lose it. */
static bool is_of_terminal(const struct signalfd_siginfo *info)
{
  static const int signals[] = {SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGHUP, SIGWINCH, SIGCONT};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    if (info->ssi_code == SI_KERNEL && info->ssi_signo == (uint32_t)signals[i]) return true;
  return false;
}

/** The one who leads a session is told alone that its terminal is gone (tty_ioctl(2), vhangup(2)). */
static bool is_told_alone(const struct signalfd_siginfo *info)
{
  return (info->ssi_signo == SIGHUP || info->ssi_signo == SIGCONT) && getsid(0) == getpid();
}

/** The command had it already where the terminal told our whole group, and it is in that; else it is told here. */
static void pass_signal(struct supervision *run, const struct signalfd_siginfo *info)
{
  bool is_here = run->command.monitor < 0, is_terminals = is_of_terminal(info);
  if (is_terminals && is_here && !is_told_alone(info)) return;
  command_signal(&run->command, (int)info->ssi_signo, is_terminals);
}

static void take_signal(struct supervision *run, const struct signalfd_siginfo *info)
{
  bool is_own = info->ssi_code == SI_USER && info->ssi_pid == (uint32_t)getpid();
  switch (info->ssi_signo) {
  case SIGCHLD: return;
  case SIGPIPE:
    // Our own writing raises it, too.
    if (!is_own) pass_signal(run, info);
    return;
  case SIGTTIN:
  case SIGTTOU:
    if (info->ssi_code != SI_KERNEL) pass_signal(run, info);
    return;
  case SIGCONT:
    command_resume(&run->command, !run->is_typed || take_terminal(run));
    return;
  case SIGWINCH: resize(run, info); return;
  default: pass_signal(run, info);
  }
}

static void take_signals(struct supervision *run)
{
  struct signalfd_siginfo info;
  while (read(run->signals, &info, sizeof info) == sizeof info) take_signal(run, &info);
}

/* Its life. */

static void attend(struct supervision *run)
{
  struct pollfd more[OWN_POLLS] = {
    {.fd = run->signals, .events = POLLIN},
    {.fd = run->command.monitor, .events = POLLIN},
    {.fd = -1},
    {.fd = -1},
  };
  if (run->is_typed) typing_watch(&run->typing, more + 2);
  supervise_outlets(run, more, OWN_POLLS, -1);
  if (run->is_typed) typing_pass(&run->typing, more + 2);
  take_signals(run);
  hear_of_command(run);
}

void supervise(struct supervision *run)
{
  while (!run->has_ended) attend(run);
  // Before the human's terminal is as it was: what is on its way was made for one that changes nothing.
  settle(run);
  return_terminal(run);
}
