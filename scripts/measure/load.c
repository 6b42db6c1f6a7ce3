// Bounded load on a running server: requests one after another, each reply read. Prints the requests per second.
// usage, in a shell that reads its output, as scripts do: X="$(load SOCKET value|status|echo REQUESTS)"
//   value   a new connection each: hello and read, ready, ack, value, done
//   status  one connection kept: a request without a value each
//   echo    a new connection each, of a server that answers anything with a few bytes
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { HELLO = 0x01, READ = 0x02, ACK = 0x03, STATUS = 0x04, FAILURE = 0x80, READY = 0x82, DONE = 0x84, STATE = 0x86 };

static const char hello[] = "\0\0\0\x0f\x01\0\0\0\1" "\0\1" "\0" "\0\5" "bench";
static const char status[] = "\0\0\0\5\x04\0\0\0\2";
static const char ack[] = "\0\0\0\5\x03\0\0\0\2";
static const char ask[] = "\0\0\0\x1b\x02\0\0\0\2" "\0" "\0\0" "\0\0" "\0\1" "\0\0" "\0\x0b" "bench/value";

static int dial(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return -1;
  strcpy(address.sun_path, path);
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0 || connect(descriptor, (const struct sockaddr *)&address, sizeof address) != 0) return -1;
  return descriptor;
}

static bool all(int descriptor, uint8_t *into, size_t length) {
  while (length > 0) {
    const ssize_t got = read(descriptor, into, length);
    if (got <= 0) return false;
    into += got;
    length -= (size_t)got;
  }
  return true;
}

// Reads frames until one of this type has come. A failure, or the end, is false.
static bool until(int descriptor, uint8_t type) {
  static uint8_t frame[1 << 16];
  for (;;) {
    if (!all(descriptor, frame, 4)) return false;
    const uint32_t length = (uint32_t)frame[0] << 24 | (uint32_t)frame[1] << 16 | (uint32_t)frame[2] << 8 | frame[3];
    if (length < 5 || length > sizeof frame || !all(descriptor, frame, length) || frame[0] == FAILURE) return false;
    if (frame[0] == type) return true;
  }
}

static bool put(int descriptor, const char *bytes, size_t length) {
  return write(descriptor, bytes, length) == (ssize_t)length;
}

static bool one_value(const char *path) {
  prctl(PR_SET_DUMPABLE, 1);
  const int descriptor = dial(path);
  if (descriptor < 0) return false;
  char first[sizeof hello + sizeof ask - 2];
  memcpy(first, hello, sizeof hello - 1);
  memcpy(first + sizeof hello - 1, ask, sizeof ask - 1);
  bool good = put(descriptor, first, sizeof first) && until(descriptor, READY);
  prctl(PR_SET_DUMPABLE, 0);
  good = good && put(descriptor, ack, sizeof ack - 1) && until(descriptor, DONE);
  close(descriptor);
  return good;
}

static bool one_echo(const char *path) {
  char answer[64];
  const int descriptor = dial(path);
  const bool good = descriptor >= 0 && put(descriptor, ask, sizeof ask - 1) && read(descriptor, answer, sizeof answer) > 0;
  if (descriptor >= 0) close(descriptor);
  return good;
}

static bool each_anew(bool (*one)(const char *path), const char *path, long requests) {
  for (long i = 0; i < requests; i += 1)
    if (!one(path)) return false;
  return true;
}

static bool on_one_connection(const char *path, long requests) {
  const int descriptor = dial(path);
  bool good = descriptor >= 0 && put(descriptor, hello, sizeof hello - 1);
  for (long i = 0; good && i < requests; i += 1)
    good = put(descriptor, status, sizeof status - 1) && until(descriptor, STATE);
  return good;
}

static bool work(const char *path, const char *kind, long requests) {
  if (strcmp(kind, "value") == 0) return each_anew(one_value, path, requests);
  if (strcmp(kind, "echo") == 0) return each_anew(one_echo, path, requests);
  return strcmp(kind, "status") == 0 && on_one_connection(path, requests);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  const long requests = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
  if (requests < 1 || requests > 1000000) {
    fputs("usage: load SOCKET value|status|echo REQUESTS\n", stderr);
    return 2;
  }
  const double start = seconds();
  if (!work(argv[1], argv[2], requests)) {
    fputs("load: a request was not answered\n", stderr);
    return 1;
  }
  printf("%.0f\n", (double)requests / (seconds() - start));
  return 0;
}
