// Takes arguments from JavaScript and gives values back.
#include "native.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

enum { messageBytesMax = 160 };

static void must(napi_status status) {
  if (status != napi_ok) abort();
}

bool take(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
  size_t given = count;
  if (napi_get_cb_info(env, info, &given, values, NULL, NULL) == napi_ok && given >= count) return true;
  napi_throw_type_error(env, NULL, "too few arguments");
  return false;
}

bool take_integer(napi_env env, napi_value value, int *out) {
  double number = -1;
  if (napi_get_value_double(env, value, &number) == napi_ok && number >= 0 && number <= INT32_MAX &&
      number == (double)(int)number) {
    *out = (int)number;
    return true;
  }
  napi_throw_type_error(env, NULL, "not a whole number of 0 to 2^31-1");
  return false;
}

bool take_lone_integer(napi_env env, napi_callback_info info, int *out) {
  napi_value value;
  return take(env, info, 1, &value) && take_integer(env, value, out);
}

bool take_doubles(napi_env env, napi_value value, double **out, size_t *length) {
  napi_typedarray_type type;
  size_t found;
  void *data;
  if (napi_get_typedarray_info(env, value, &type, &found, &data, NULL, NULL) == napi_ok && type == napi_float64_array &&
      (*length == 0 || *length == found)) {
    *out = data;
    *length = found;
    return true;
  }
  napi_throw_type_error(env, NULL, "not a Float64Array of the right length");
  return false;
}

napi_value give_number(napi_env env, double number) {
  napi_value value;
  must(napi_create_double(env, number, &value));
  return value;
}

napi_value give_bool(napi_env env, bool truth) {
  napi_value value;
  must(napi_get_boolean(env, truth, &value));
  return value;
}

napi_value give_string(napi_env env, const char *text, size_t length) {
  napi_value value;
  must(napi_create_string_utf8(env, text, length, &value));
  return value;
}

napi_value give_inode(napi_env env, uint64_t inode) {
  napi_value value;
  must(napi_create_bigint_uint64(env, inode, &value));
  return value;
}

napi_value give_object(napi_env env) {
  napi_value object;
  must(napi_create_object(env, &object));
  return object;
}

napi_value give_nothing(napi_env env) {
  napi_value value;
  must(napi_get_undefined(env, &value));
  return value;
}

void put(napi_env env, napi_value object, const char *name, napi_value value) {
  must(napi_set_named_property(env, object, name, value));
}

napi_value throw_errno(napi_env env, const char *what) {
  const int number = errno;
  char message[messageBytesMax];
  snprintf(message, sizeof message, "%s: %s", what, uv_strerror(-number));
  napi_throw_error(env, uv_err_name(-number), message);
  return NULL;
}
