// The processes that a process has started and that live, as /proc/PID/task/TID/children lists them (proc_tid_children(5)).
#include "native.h"
#include "proc.h"

#include <stdio.h>
#include <stdlib.h>

// The kernel ends a list that is too long for one read before the first pid that does not fit.
enum { childrenBytesMax = 4096, pidBytesMax = 16 };

static napi_value give_pids(napi_env env, const char *list) {
  napi_value pids;
  if (napi_create_array(env, &pids) != napi_ok) abort();
  char *end;
  uint32_t count = 0;
  for (long pid; (pid = strtol(list, &end, 10)) > 0; list = end)
    if (napi_set_element(env, pids, count++, give_number(env, (double)pid)) != napi_ok) abort();
  return pids;
}

napi_value native_children(napi_env env, napi_callback_info info) {
  int pid;
  if (!take_lone_integer(env, info, &pid)) return NULL;
  char name[procNameBytesMax], list[childrenBytesMax];
  size_t length;
  snprintf(name, sizeof name, "task/%d/children", pid);
  if (!proc_read(pid, name, list, sizeof list, &length)) return give_nothing(env);
  return length < sizeof list - pidBytesMax ? give_pids(env, list) : give_nothing(env);
}
