// The floor that sget is measured against: a static C client that sends a few bytes to a Unix socket and prints what
// comes back. Nothing that reads a secret over a socket can be faster.
#include <sys/socket.h>
#include <sys/un.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path) return 2;
  strcpy(address.sun_path, argv[1]);
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0 || connect(descriptor, (const struct sockaddr *)&address, sizeof address) != 0) return 1;
  char bytes[64] = "bench/value";
  if (write(descriptor, bytes, sizeof bytes) != (ssize_t)sizeof bytes) return 1;
  const ssize_t got = read(descriptor, bytes, sizeof bytes);
  return got > 0 && write(STDOUT_FILENO, bytes, (size_t)got) == got ? 0 : 1;
}
