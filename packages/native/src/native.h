// What the files of this addon share: the functions that JavaScript calls, and small ways to take and give values.
#ifndef SGET_NATIVE_H
#define SGET_NATIVE_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What JavaScript calls. index.ts documents each.
napi_value native_peer(napi_env env, napi_callback_info info);
napi_value native_pidfd_open(napi_env env, napi_callback_info info);
napi_value native_exited(napi_env env, napi_callback_info info);
napi_value native_close_descriptor(napi_env env, napi_callback_info info);
napi_value native_ancestor(napi_env env, napi_callback_info info);
napi_value native_watch(napi_env env, napi_callback_info info);
napi_value native_unchanged(napi_env env, napi_callback_info info);
napi_value native_started(napi_env env, napi_callback_info info);
napi_value native_children(napi_env env, napi_callback_info info);
napi_value native_state(napi_env env, napi_callback_info info);
napi_value native_executable(napi_env env, napi_callback_info info);
napi_value native_directory(napi_env env, napi_callback_info info);
napi_value native_script(napi_env env, napi_callback_info info);
napi_value native_credentials(napi_env env, napi_callback_info info);
napi_value native_tracer(napi_env env, napi_callback_info info);
napi_value native_guard(napi_env env, napi_callback_info info);
napi_value native_exposure(napi_env env, napi_callback_info info);
napi_value native_kind_of(napi_env env, napi_callback_info info);
napi_value native_open_file(napi_env env, napi_callback_info info);
napi_value native_readers(napi_env env, napi_callback_info info);
napi_value native_send_datagram(napi_env env, napi_callback_info info);
napi_value native_lock(napi_env env, napi_callback_info info);
napi_value native_activation(napi_env env, napi_callback_info info);
napi_value native_listening(napi_env env, napi_callback_info info);
napi_value native_harden(napi_env env, napi_callback_info info);
napi_value native_end_with_parent(napi_env env, napi_callback_info info);
napi_value native_boot_millis(napi_env env, napi_callback_info info);
napi_value native_boot_ticks(napi_env env, napi_callback_info info);

// Taking arguments. Each throws a TypeError and returns false when the caller gave something else: a bug in index.ts.
bool take(napi_env env, napi_callback_info info, size_t count, napi_value *values);
bool take_integer(napi_env env, napi_value value, int *out);
bool take_lone_integer(napi_env env, napi_callback_info info, int *out);
// A Float64Array of the given length, or of any when that is 0: then the length is told.
bool take_doubles(napi_env env, napi_value value, double **out, size_t *length);

// Giving values. They cannot fail but for want of memory, which ends the process.
napi_value give_number(napi_env env, double number);
napi_value give_bool(napi_env env, bool truth);
napi_value give_string(napi_env env, const char *text, size_t length);
napi_value give_inode(napi_env env, uint64_t inode);
napi_value give_object(napi_env env);
napi_value give_nothing(napi_env env);
void put(napi_env env, napi_value object, const char *name, napi_value value);

// Throws an Error whose code is the name of errno, as Node's own errors have it.
napi_value throw_errno(napi_env env, const char *what);

#endif
