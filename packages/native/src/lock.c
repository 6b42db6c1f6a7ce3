// A lock on a file that ends with the process that holds it, however that process ends (flock(2)).
#include "native.h"

#include <errno.h>
#include <sys/file.h>

napi_value native_lock(napi_env env, napi_callback_info info) {
  int file;
  if (!take_lone_integer(env, info, &file)) return NULL;
  int status;
  do status = flock(file, LOCK_EX | LOCK_NB);
  while (status != 0 && errno == EINTR);
  if (status != 0 && errno != EWOULDBLOCK) return throw_errno(env, "lock a file");
  return give_bool(env, status == 0);
}
