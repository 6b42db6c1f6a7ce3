// Closes this process's memory to the others of its user: no core file, no ptrace, no /proc/PID/mem.
#include "native.h"

#include <sys/prctl.h>
#include <sys/resource.h>

napi_value native_harden(napi_env env, napi_callback_info info) {
  (void)info;
  const struct rlimit none = {0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) return throw_errno(env, "forbid core files");
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return throw_errno(env, "forbid dumps");
  return give_nothing(env);
}
