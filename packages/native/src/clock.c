// Time since boot, asleep or awake, in milliseconds and in the ticks of /proc/PID/stat.
#include "native.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const int64_t nanosPerSecond = 1000000000, nanosPerMilli = 1000000;

static int64_t boot_nanos(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_BOOTTIME, &now) != 0) abort();
  return now.tv_sec * nanosPerSecond + now.tv_nsec;
}

napi_value native_boot_millis(napi_env env, napi_callback_info info) {
  (void)info;
  return give_number(env, (double)(boot_nanos() / nanosPerMilli));
}

napi_value native_boot_ticks(napi_env env, napi_callback_info info) {
  (void)info;
  const long ticksPerSecond = sysconf(_SC_CLK_TCK);
  return give_number(env, (double)(boot_nanos() / (nanosPerSecond / ticksPerSecond)));
}
