// Bytes that go out whole.
#include "output.h"
#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum failure output_all(int descriptor, struct slice bytes)
{
  struct pollfd room = {.fd = descriptor, .events = POLLOUT};
  while (bytes.length > 0) {
    ssize_t count = write(descriptor, bytes.bytes, bytes.length);
    if (count < 0 && errno == EAGAIN) count = poll(&room, 1, -1) < 0 ? -1 : 0;
    if (count < 0 && errno != EINTR) return OUTPUT_FAILED;
    if (count < 0) continue;
    bytes.bytes += count;
    bytes.length -= (size_t)count;
  }
  return OK;
}
