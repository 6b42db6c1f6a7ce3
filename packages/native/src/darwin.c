// macOS, for this process itself: peers, a descriptor that stands for a process, closed memory, clocks, sockets from
// launchd. Written from the headers and manual pages; it has been compiled and run on no Mac yet.
#include "darwin.h"

#include <bsm/libbsm.h>
#include <errno.h>
#include <fcntl.h>
#include <launch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/event.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const int64_t microsPerSecond = 1000000;
static const uint64_t nanosPerMilli = 1000000;

static bool option(int socket, int name, void *out, socklen_t size) {
  socklen_t got = size;
  if (getsockopt(socket, SOL_LOCAL, name, out, &got) != 0) return false;
  if (got == size) return true;
  errno = EPROTO;
  return false;
}

// getpeereid(3) tells who connected. Pid and token are of the process that used the socket last: they have to agree with
// each other and with that user, or else nobody is known there. There is no pidfd; the start of the process stands in.
napi_value native_peer(napi_env env, napi_callback_info info) {
  int socket;
  uid_t uid;
  gid_t gid;
  pid_t pid = 0;
  audit_token_t token;
  if (!take_lone_integer(env, info, &socket)) return NULL;
  if (getpeereid(socket, &uid, &gid) != 0)
    return errno == ENOTCONN ? give_nothing(env) : throw_errno(env, "read the peer's credentials");
  if (!option(socket, LOCAL_PEERPID, &pid, sizeof pid) || !option(socket, LOCAL_PEERTOKEN, &token, sizeof token))
    return give_nothing(env);
  if (pid <= 0 || audit_token_to_pid(token) != pid || audit_token_to_euid(token) != uid) return give_nothing(env);
  napi_value peer = give_object(env);
  put(env, peer, "pid", give_number(env, pid));
  put(env, peer, "uid", give_number(env, uid));
  put(env, peer, "gid", give_number(env, gid));
  put(env, peer, "pidfd", give_number(env, -1));
  return peer;
}

// A kqueue(2) that waits for the end of the process stands for it, whatever becomes of its pid.
napi_value native_pidfd_open(napi_env env, napi_callback_info info) {
  int pid;
  if (!take_lone_integer(env, info, &pid)) return NULL;
  const int queue = kqueue();
  if (queue < 0) return throw_errno(env, "open a kqueue");
  fcntl(queue, F_SETFD, FD_CLOEXEC);
  struct kevent end;
  EV_SET(&end, (uintptr_t)pid, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, NULL);
  if (kevent(queue, &end, 1, NULL, 0, NULL) == 0) return give_number(env, queue);
  const int stopped = errno;
  close(queue);
  errno = stopped;
  return stopped == ESRCH ? give_nothing(env) : throw_errno(env, "watch a process");
}

// The kernel tells of an end once. A user event that stays triggered remembers it in the queue itself.
static bool remember_end(int queue) {
  struct kevent changes[2];
  EV_SET(&changes[0], 0, EVFILT_USER, EV_ADD, 0, 0, NULL);
  EV_SET(&changes[1], 0, EVFILT_USER, 0, NOTE_TRIGGER, 0, NULL);
  return kevent(queue, changes, 2, NULL, 0, NULL) == 0;
}

napi_value native_exited(napi_env env, napi_callback_info info) {
  int queue, ready;
  const struct timespec now = {0, 0};
  struct kevent event;
  if (!take_lone_integer(env, info, &queue)) return NULL;
  do ready = kevent(queue, NULL, 0, &event, 1, &now);
  while (ready < 0 && errno == EINTR);
  if (ready < 0) return throw_errno(env, "poll a kqueue");
  if (ready > 0 && event.filter == EVFILT_PROC && !remember_end(queue)) return throw_errno(env, "mark a kqueue");
  return give_bool(env, ready > 0);
}

napi_value native_close_descriptor(napi_env env, napi_callback_info info) {
  int descriptor;
  if (!take_lone_integer(env, info, &descriptor)) return NULL;
  if (close(descriptor) != 0) return throw_errno(env, "close a descriptor");
  return give_nothing(env);
}

// No core file, and no debugger from here on: PT_DENY_ATTACH (ptrace(2)). Memory of another process is closed by the
// system already, but for root and what is entitled to debug (task_for_pid).
napi_value native_harden(napi_env env, napi_callback_info info) {
  (void)info;
  const struct rlimit none = {0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) return throw_errno(env, "forbid core files");
  if (ptrace(PT_DENY_ATTACH, 0, NULL, 0) != 0) return throw_errno(env, "forbid debuggers");
  return give_nothing(env);
}

// There is no such thing here: who is started holds a socket of its parent, and reads its end.
napi_value native_end_with_parent(napi_env env, napi_callback_info info) {
  (void)info;
  return give_nothing(env);
}

// mach_continuous_time: it goes on while the machine sleeps.
napi_value native_boot_millis(napi_env env, napi_callback_info info) {
  (void)info;
  return give_number(env, (double)(clock_gettime_nsec_np(CLOCK_MONOTONIC_RAW) / nanosPerMilli));
}

// The wall clock, as the kernel notes it of each process. Only root can set it.
napi_value native_boot_ticks(napi_env env, napi_callback_info info) {
  (void)info;
  struct timeval now;
  if (gettimeofday(&now, NULL) != 0) abort();
  return give_number(env, (double)((int64_t)now.tv_sec * microsPerSecond + now.tv_usec));
}

static napi_value give_activation(napi_env env, const int *sockets, size_t count) {
  napi_value activation = give_object(env), descriptors;
  if (napi_create_array(env, &descriptors) != napi_ok) abort();
  for (uint32_t i = 0; i < count; i++) {
    fcntl(sockets[i], F_SETFD, FD_CLOEXEC);
    if (napi_set_element(env, descriptors, i, give_number(env, sockets[i])) != napi_ok) abort();
  }
  put(env, activation, "descriptors", descriptors);
  return activation;
}

// launch_activate_socket(3) by the name in launchd/sget.sgetd.plist. ESRCH: launchd did not start us; ENOENT: it has no
// such socket for us; EALREADY: we were told before.
napi_value native_activation(napi_env env, napi_callback_info info) {
  (void)info;
  int *sockets = NULL;
  size_t count = 0;
  const int stopped = launch_activate_socket("sgetd", &sockets, &count);
  if (stopped == ESRCH || stopped == ENOENT || stopped == EALREADY) return give_nothing(env);
  if (stopped != 0) {
    errno = stopped;
    return throw_errno(env, "take the sockets of launchd");
  }
  napi_value activation = give_activation(env, sockets, count);
  free(sockets);
  return activation;
}
