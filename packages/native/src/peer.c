// Who is at the other end of a socket, and whether that process still lives.
#include "native.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 // Linux 6.5, asm-generic/socket.h
#endif

static bool option(int socket, int name, void *out, socklen_t size) {
  socklen_t got = size;
  if (getsockopt(socket, SOL_SOCKET, name, out, &got) != 0) return false;
  if (got == size) return true;
  errno = EPROTO;
  return false;
}

napi_value native_peer(napi_env env, napi_callback_info info) {
  int socket;
  if (!take_lone_integer(env, info, &socket)) return NULL;
  struct ucred cred;
  if (!option(socket, SO_PEERCRED, &cred, sizeof cred)) return throw_errno(env, "read the peer's credentials");
  int pidfd = -1;
  // A process that was reaped already has no pidfd any more: nobody is there to be answered.
  if (!option(socket, SO_PEERPIDFD, &pidfd, sizeof pidfd) && errno != ENOPROTOOPT) return give_nothing(env);
  napi_value peer = give_object(env);
  put(env, peer, "pid", give_number(env, cred.pid));
  put(env, peer, "uid", give_number(env, cred.uid));
  put(env, peer, "gid", give_number(env, cred.gid));
  put(env, peer, "pidfd", give_number(env, pidfd));
  return peer;
}

napi_value native_pidfd_open(napi_env env, napi_callback_info info) {
  int pid;
  if (!take_lone_integer(env, info, &pid)) return NULL;
  const long pidfd = syscall(SYS_pidfd_open, pid, 0);
  if (pidfd >= 0) return give_number(env, (double)pidfd);
  return errno == ESRCH ? give_nothing(env) : throw_errno(env, "open a pidfd");
}

napi_value native_exited(napi_env env, napi_callback_info info) {
  int pidfd;
  if (!take_lone_integer(env, info, &pidfd)) return NULL;
  struct pollfd one = {.fd = pidfd, .events = POLLIN};
  int ready;
  do ready = poll(&one, 1, 0);
  while (ready < 0 && errno == EINTR);  // a signal that the process handles, a profiler's say
  if (ready < 0) return throw_errno(env, "poll a pidfd");
  if (one.revents & POLLNVAL) {
    errno = EBADF;
    return throw_errno(env, "poll a pidfd");
  }
  return give_bool(env, ready > 0);
}

napi_value native_close_descriptor(napi_env env, napi_callback_info info) {
  int descriptor;
  if (!take_lone_integer(env, info, &descriptor)) return NULL;
  if (close(descriptor) != 0) return throw_errno(env, "close a descriptor");
  return give_nothing(env);
}
