// Whole pieces over a socket.
#include "stream.h"
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

static enum failure failure_of_errno(int error)
{
  return error == EAGAIN || error == EWOULDBLOCK ? TOO_SLOW : CONNECTION_LOST;
}

static void advance(struct slice *slice, size_t *count)
{
  size_t step = *count < slice->length ? *count : slice->length;
  // Even 0 may not be added to no address at all.
  if (step == 0) return;
  slice->bytes += step;
  slice->length -= step;
  *count -= step;
}

static ssize_t send_pieces(int socket, struct slice first, struct slice second)
{
  struct iovec pieces[] = {
    {(void *)(uintptr_t)first.bytes, first.length},
    {(void *)(uintptr_t)second.bytes, second.length},
  };
  struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
  return sendmsg(socket, &message, MSG_NOSIGNAL);
}

enum failure stream_send(int socket, struct slice first, struct slice second)
{
  while (first.length + second.length > 0) {
    ssize_t sent = send_pieces(socket, first, second);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return OK;
    if (sent < 0) return failure_of_errno(errno);
    size_t count = (size_t)sent;
    advance(&first, &count);
    advance(&second, &count);
  }
  return OK;
}

enum failure stream_receive(int socket, uint8_t *bytes, size_t length)
{
  size_t filled = 0;
  while (filled < length) {
    ssize_t count = recv(socket, bytes + filled, length - filled, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure_of_errno(errno);
    if (count == 0) return CONNECTION_LOST;
    filled += (size_t)count;
  }
  return OK;
}
