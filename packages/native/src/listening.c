// What a descriptor that somebody handed over is: where a socket is bound, and whether it listens (unix(7), socket(7)).
#include "native.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static const char *family_of(const struct sockaddr_un *address) {
  if (address->sun_family == AF_UNIX) return "unix";
  return address->sun_family == AF_INET || address->sun_family == AF_INET6 ? "internet" : "other";
}

static const char *type_of(int type) {
  if (type == SOCK_STREAM) return "stream";
  return type == SOCK_DGRAM ? "datagram" : "other";
}

// Empty for a socket without a name, with one that is no path, and for one of another family.
static napi_value give_path(napi_env env, const struct sockaddr_un *address, size_t length) {
  const size_t before = offsetof(struct sockaddr_un, sun_path);
  const bool named = address->sun_family == AF_UNIX && length > before && length <= sizeof *address;
  const size_t room = named ? length - before : 0;
  return give_string(env, address->sun_path, strnlen(address->sun_path, room));
}

// listening(descriptor): nothing when it is no socket, or not open.
napi_value native_listening(napi_env env, napi_callback_info info) {
  int descriptor, type = 0, listens = 0;
  struct sockaddr_un address = {.sun_family = AF_UNSPEC};
  socklen_t length = sizeof address, size = sizeof type, flag = sizeof listens;
  if (!take_lone_integer(env, info, &descriptor)) return NULL;
  if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
    const bool other = errno == ENOTSOCK || errno == EBADF;
    return other ? give_nothing(env) : throw_errno(env, "ask for a socket's type");
  }
  if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &flag) != 0 ||
      getsockname(descriptor, (struct sockaddr *)&address, &length) != 0)
    return throw_errno(env, "ask for a socket's name");
  const char *family = family_of(&address), *kind = type_of(type);
  napi_value socket = give_object(env);
  put(env, socket, "family", give_string(env, family, strlen(family)));
  put(env, socket, "type", give_string(env, kind, strlen(kind)));
  put(env, socket, "listens", give_bool(env, listens != 0));
  put(env, socket, "path", give_path(env, &address, length));
  return socket;
}
