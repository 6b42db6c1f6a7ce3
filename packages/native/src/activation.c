// Sockets that a service manager listened on before it started us (sd_listen_fds(3)).
#include "native.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { firstDescriptor = 3, descriptorsMax = 16 };

static const char processVariable[] = "LISTEN_PID", countVariable[] = "LISTEN_FDS", namesVariable[] = "LISTEN_FDNAMES";

// A plain decimal number, as the manager writes it.
static bool read_number(const char *text, long max, long *out) {
  const size_t digits = strspn(text, "0123456789");
  if (digits == 0 || digits > 10 || text[digits] != '\0') return false;
  *out = strtol(text, NULL, 10);
  return *out <= max;
}

static bool close_on_exec(long count) {
  for (int i = firstDescriptor; i < firstDescriptor + (int)count; i++)
    if (fcntl(i, F_SETFD, FD_CLOEXEC) != 0) return false;
  return true;
}

static napi_value give_fault(napi_env env, const char *fault) {
  napi_value activation = give_object(env);
  put(env, activation, "fault", give_string(env, fault, strlen(fault)));
  return activation;
}

static napi_value give_descriptors(napi_env env, long count) {
  napi_value activation = give_object(env), descriptors;
  if (napi_create_array(env, &descriptors) != napi_ok) abort();
  for (uint32_t i = 0; i < (uint32_t)count; i++)
    if (napi_set_element(env, descriptors, i, give_number(env, firstDescriptor + i)) != napi_ok) abort();
  put(env, activation, "descriptors", descriptors);
  return activation;
}

// The number of the process comes first: these variables are inherited, and may be about another's descriptors.
static napi_value read_activation(napi_env env) {
  const char *process = getenv(processVariable), *announced = getenv(countVariable);
  long pid, count;
  if (!process && !announced) return give_nothing(env);
  if (!process || !announced || !read_number(process, INT32_MAX, &pid)) return give_fault(env, "malformed");
  if (pid != getpid()) return give_fault(env, "foreign");
  if (!read_number(announced, descriptorsMax, &count) || !close_on_exec(count)) return give_fault(env, "malformed");
  return give_descriptors(env, count);
}

napi_value native_activation(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value activation = read_activation(env);
  unsetenv(processVariable);
  unsetenv(countVariable);
  unsetenv(namesVariable);
  return activation;
}
