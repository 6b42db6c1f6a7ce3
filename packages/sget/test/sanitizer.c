// How the sanitized build runs: without the leak checker, which would have to trace a process that hides itself.

const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
  return "detect_leaks=0:abort_on_error=1:disable_coredump=0";
}
