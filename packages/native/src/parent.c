// Ties the life of this process to that of the one which started it.
#include "native.h"

#include <signal.h>
#include <sys/prctl.h>

// Of the parent's thread, to be exact: Node starts processes on its first, which lives as long as the process.
napi_value native_end_with_parent(napi_env env, napi_callback_info info) {
  (void)info;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return throw_errno(env, "end with the parent");
  return give_nothing(env);
}
