// What a process may hide: under whose name it runs, a tracer, a user namespace, whether its memory is closed.
#include "native.h"
#include "proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The value of a line of /proc/PID/status (proc_pid_status(5)). A name cannot forge one: its newlines are escaped.
static const char *line(const char *status, const char *label) {
  const char *found = strstr(status, label);
  return found ? found + strlen(label) : NULL;
}

static bool read_status(int pid, char status[statusBytesMax]) {
  size_t length;
  return proc_read(pid, "status", status, statusBytesMax, &length);
}

static bool tracer_of(const char *status, int *tracer) {
  const char *text = line(status, "\nTracerPid:\t");
  if (!text || *text < '0' || *text > '9') return false;
  *tracer = atoi(text);
  return true;
}

napi_value native_tracer(napi_env env, napi_callback_info info) {
  int pid, tracer;
  char status[statusBytesMax];
  if (!take_lone_integer(env, info, &pid)) return NULL;
  return read_status(pid, status) && tracer_of(status, &tracer) ? give_number(env, tracer) : give_nothing(env);
}

static napi_value give_uids(napi_env env, const unsigned uids[4]) {
  static const char *const names[4] = {"real", "effective", "saved", "filesystem"};
  napi_value object = give_object(env);
  for (size_t i = 0; i < 4; i++) put(env, object, names[i], give_number(env, uids[i]));
  return object;
}

napi_value native_credentials(napi_env env, napi_callback_info info) {
  int pid;
  char status[statusBytesMax];
  if (!take_lone_integer(env, info, &pid)) return NULL;
  if (!read_status(pid, status)) return give_nothing(env);
  const char *name = line(status, "Name:\t");
  const char *uid = line(status, "\nUid:\t");
  unsigned uids[4];
  if (!name || !uid || sscanf(uid, "%u %u %u %u", &uids[0], &uids[1], &uids[2], &uids[3]) != 4)
    return give_nothing(env);
  napi_value credentials = give_object(env);
  put(env, credentials, "name", give_string(env, name, strcspn(name, "\n")));
  put(env, credentials, "uids", give_uids(env, uids));
  return credentials;
}

static const char *namespace_of(int pid) {
  static struct statx ours;
  struct statx theirs;
  if (ours.stx_ino == 0 && !proc_target(getpid(), "ns/user", &ours)) return "hidden";
  if (!proc_target(pid, "ns/user", &theirs)) return "hidden";
  return theirs.stx_ino == ours.stx_ino && device_of(&theirs) == device_of(&ours) ? "ours" : "foreign";
}

napi_value native_guard(napi_env env, napi_callback_info info) {
  int pid, tracer;
  char status[statusBytesMax];
  if (!take_lone_integer(env, info, &pid)) return NULL;
  if (!read_status(pid, status) || !tracer_of(status, &tracer)) return give_nothing(env);
  const char *namespace = namespace_of(pid);
  napi_value guard = give_object(env);
  put(env, guard, "tracer", give_number(env, tracer));
  put(env, guard, "userNamespace", give_string(env, namespace, strlen(namespace)));
  return guard;
}

// What is in /proc/PID belongs to root once the process is not dumpable. Of a process of root that says nothing.
napi_value native_exposure(napi_env env, napi_callback_info info) {
  int pid, tracer;
  char status[statusBytesMax];
  struct stat directory, descriptors;
  if (!take_lone_integer(env, info, &pid)) return NULL;
  if (!read_status(pid, status) || !tracer_of(status, &tracer) || !proc_entry(pid, "", &directory) ||
      !proc_entry(pid, "fd", &descriptors))
    return give_nothing(env);
  napi_value exposure = give_object(env);
  put(env, exposure, "tracer", give_number(env, tracer));
  if (directory.st_uid != 0) put(env, exposure, "dumpable", give_bool(env, descriptors.st_uid == directory.st_uid));
  return exposure;
}
