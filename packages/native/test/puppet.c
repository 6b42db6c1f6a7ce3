// A process that does to itself what the tests ask for, word by word, then runs what follows "--", or says its pid on
// descriptor 3 and lives until the other end of that is closed.
#define _GNU_SOURCE
#include <pty.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <unistd.h>

enum { stage = 3 };

static void fail(const char *word) {
  dprintf(stage, "cannot %s\n", word);
  exit(1);
}

// Stays behind while something else lives: until the descriptor's other end is closed.
static void stay(int descriptor) {
  char byte;
  while (read(descriptor, &byte, 1) > 0) continue;
  exit(0);
}

static void copy(int from, int to) {
  char byte;
  while (read(from, &byte, 1) > 0 && write(to, &byte, 1) > 0) continue;
  exit(0);
}

// Goes on in a terminal of its own, into which our standard input is typed.
static int pty(void) {
  int terminal;
  const pid_t child = forkpty(&terminal, NULL, NULL, NULL);
  if (child == 0) return 0;
  if (fork() == 0) copy(STDIN_FILENO, terminal);
  stay(terminal);
  return -1;
}

// Goes on as a child that writes into a pipe from which we read; and may have been left our end of it.
static int write_into_pipe(bool leaky) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  const bool parent = fork() > 0;
  if (!parent) dup2(ends[1], STDOUT_FILENO);
  close(ends[1]);
  if (parent) stay(ends[0]);
  if (!leaky) close(ends[0]);
  return 0;
}

static int capture(void) {
  return write_into_pipe(false);
}

static int leak(void) {
  return write_into_pipe(true);
}

// The child of a child that has exited belongs to pid 1, or to the nearest subreaper.
static int detach(void) {
  if (fork() > 0) stay(stage);
  const pid_t child = getpid();
  if (fork() > 0) _exit(0);
  while (getppid() == child) usleep(1000);
  return 0;
}

static int closed(void) {
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int traced(void) {
  return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int userns(void) {
  return unshare(CLONE_NEWUSER);
}

static int session(void) {
  return setsid() < 0 ? -1 : 0;
}

static const struct {
  const char *word;
  int (*act)(void);
} acts[] = {
    {"capture", capture}, {"closed", closed},  {"detach", detach}, {"leak", leak},
    {"pty", pty},         {"setsid", session}, {"traced", traced}, {"userns", userns},
};

static void act(const char *word) {
  for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
    if (strcmp(acts[i].word, word) == 0 && acts[i].act() == 0) return;
  fail(word);
}

int main(int count, char **words) {
  const bool idle = strcmp(words[0], "idle") == 0; // then the words are there to be looked at
  for (int i = 1; i < count && !idle; i++) {
    if (strcmp(words[i], "--") == 0) {
      execvp(words[i + 1], words + i + 1);
      fail(words[i + 1]);
    }
    act(words[i]);
  }
  dprintf(stage, "%d\n", getpid());
  stay(stage);
}
