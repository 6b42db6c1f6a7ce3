// Times whole processes: runs two commands in alternation, so that both meet the same noise, and prints one line of
// microseconds for each. usage: spawn COUNT FIRST ARGS… -- SECOND ARGS…
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now_micros(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

// Runs one command to its end with standard output into a pipe of ours; returns microseconds, or -1.
static double timed(char **argv) {
  int output[2];
  if (pipe(output) != 0) return -1;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, output[0]);
  posix_spawn_file_actions_addclose(&actions, output[1]);
  const double start = now_micros();
  pid_t pid = 0;
  const int failed = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(output[1]);
  char bytes[4096];
  ssize_t got = 0;
  ssize_t total = 0;
  while (failed == 0 && ((got = read(output[0], bytes, sizeof bytes)) > 0 || (got < 0 && errno == EINTR))) total += got;
  close(output[0]);
  int status = 0;
  if (failed != 0 || waitpid(pid, &status, 0) != pid) return -1;
  const double micros = now_micros() - start;
  return status == 0 && total > 0 ? micros : -1;
}

int main(int argc, char **argv) {
  const long count = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
  char **first = argv + 2;
  char **second = first;
  while (*second != NULL && strcmp(*second, "--") != 0) second += 1;
  if (count < 1 || count > 100000 || *second == NULL || second[1] == NULL) {
    fputs("usage: spawn COUNT FIRST ARGS... -- SECOND ARGS...\n", stderr);
    return 2;
  }
  *second = NULL;
  second += 1;
  for (long i = 0; i < count; i += 1) {
    const double a = timed(first);
    const double b = timed(second);
    if (a < 0 || b < 0) {
      fputs(a < 0 ? "spawn: the first command failed\n" : "spawn: the second command failed\n", stderr);
      return 1;
    }
    printf("%.1f %.1f\n", a, b);
  }
  return 0;
}
