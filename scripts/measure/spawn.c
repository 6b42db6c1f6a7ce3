// Times whole processes as a script starts them: two commands in alternation, so that both meet the same noise, with a
// line of microseconds for each pair. usage, in a shell: X="$(spawn COUNT TIMES FIRST ARGS… -- SECOND ARGS…)"
//
// The commands become children of the shell that reads their output (CLONE_PARENT), so that they are in the place of a
// command in a substitution; that they have ended is told by a pipe which nobody else holds.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now_micros(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

// Runs one command to its end; returns microseconds, or -1.
static double timed(char **argv) {
  int life[2];
  if (pipe2(life, O_CLOEXEC) != 0) return -1;
  const double start = now_micros();
  const long pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
  if (pid == 0) {
    if (fcntl(life[1], F_SETFD, 0) == 0) execv(argv[0], argv);
    _exit(127);
  }
  close(life[1]);
  char none = 0;
  const ssize_t end = read(life[0], &none, 1);
  const double micros = now_micros() - start;
  close(life[0]);
  return pid > 0 && end == 0 ? micros : -1;
}

int main(int argc, char **argv) {
  const long count = argc > 3 ? strtol(argv[1], NULL, 10) : 0;
  char **first = argv + 3;
  char **second = first;
  while (argc > 3 && *second != NULL && strcmp(*second, "--") != 0) second += 1;
  if (count < 1 || count > 100000 || *second == NULL || second[1] == NULL) {
    fputs("usage: spawn COUNT TIMES FIRST ARGS... -- SECOND ARGS...\n", stderr);
    return 2;
  }
  *second = NULL;
  second += 1;
  FILE *times = fopen(argv[2], "we");
  if (times == NULL) return 1;
  for (long i = 0; i < count; i += 1) fprintf(times, "%.1f %.1f\n", timed(first), timed(second));
  return fclose(times) == 0 ? 0 : 1;
}
