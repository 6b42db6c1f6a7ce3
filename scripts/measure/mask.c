// Masks standard input to standard output as `sget run` does to a pipe, for measuring: mask FILE, which holds a value a
// line. Standard error has its largest resident size, KiB.
#include "../../packages/sget/src/mask.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void read_values(struct patterns *patterns, const char *file)
{
  static char line[64 * 1024];
  FILE *values = fopen(file, "r");
  if (!values) abort();
  while (fgets(line, sizeof line, values)) {
    bool is_covered;
    if (patterns_add(patterns, (struct slice){(uint8_t *)line, strcspn(line, "\n")}, "bench/value", &is_covered)) abort();
  }
  fclose(values);
}

static void drain(struct mask *mask)
{
  struct slice bytes;
  while (mask_next(mask, &bytes)) {
    ssize_t count = write(STDOUT_FILENO, bytes.bytes, bytes.length);
    if (count < 0) abort();
    mask_taken(mask, (size_t)count);
  }
}

int main(int count, char **arguments)
{
  struct patterns patterns = {0};
  struct mask mask;
  uint8_t *at;
  size_t room;
  ssize_t got;
  if (count != 2) return 2;
  read_values(&patterns, arguments[1]);
  if (mask_open(&mask, &patterns, OUTPUT_STEADY)) abort();
  while (mask_room(&mask, &at, &room) == OK && (got = read(STDIN_FILENO, at, room)) > 0) {
    mask_add(&mask, (size_t)got, now_ms());
    drain(&mask);
  }
  mask_end(&mask);
  drain(&mask);
  mask_close(&mask);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  fprintf(stderr, "%ld\n", usage.ru_maxrss);
  patterns_release(&patterns);
  return 0;
}
