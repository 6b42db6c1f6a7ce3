// Sends one datagram to a Unix socket by its path, without ever waiting (unix(7), send(2)).
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <uv.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 // older macOS: a datagram raises no signal anyway
#endif

static bool take_address(napi_env env, napi_value value, struct sockaddr_un *address) {
  size_t length = 0;
  // Asked for its length first: Node cuts a longer text to the room that there is.
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok || length == 0 ||
      length >= sizeof address->sun_path) {
    napi_throw_type_error(env, NULL, "not the path of a socket");
    return false;
  }
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  return napi_get_value_string_utf8(env, value, address->sun_path, sizeof address->sun_path, &length) == napi_ok;
}

static bool take_bytes(napi_env env, napi_value value, void **bytes, size_t *length) {
  bool is_buffer = false;
  if (napi_is_buffer(env, value, &is_buffer) == napi_ok && is_buffer &&
      napi_get_buffer_info(env, value, bytes, length) == napi_ok)
    return true;
  napi_throw_type_error(env, NULL, "not a Buffer");
  return false;
}

// Kept for the life of the process: it is not connected, so it serves for every address.
static int sender = -1;

static int open_sender(void) {
  if (sender < 0) sender = socket(AF_UNIX, SOCK_DGRAM, 0);
  if (sender >= 0) fcntl(sender, F_SETFD, FD_CLOEXEC);
  return sender;
}

// Returns 0, or what stopped it.
static int send_to(const struct sockaddr_un *address, const void *bytes, size_t length) {
  if (sender < 0 && open_sender() < 0) return errno;
  ssize_t sent;
  do sent = sendto(sender, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)address, sizeof *address);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? errno : 0;
}

napi_value native_send_datagram(napi_env env, napi_callback_info info) {
  napi_value values[2];
  struct sockaddr_un address;
  void *bytes;
  size_t length;
  if (!take(env, info, 2, values) || !take_address(env, values[0], &address) ||
      !take_bytes(env, values[1], &bytes, &length))
    return NULL;
  const int stopped = send_to(&address, bytes, length);
  if (stopped == 0) return give_nothing(env);
  const char *name = uv_err_name(-stopped);
  return give_string(env, name, strlen(name));
}
