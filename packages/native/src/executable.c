// Which program a process runs, which script when that program is an interpreter, and in which directory.
#include "native.h"
#include "mounts.h"
#include "operand.h"
#include "proc.h"

#include <string.h>

enum { commandBytesMax = 4096 }; // of /proc/PID/cmdline: a script named later than that is not found

static const char deletedSuffix[] = " (deleted)";

// The kernel appends that to the path of a file that has no name left; any file may have a name that ends so.
static size_t without_suffix(const char *path, size_t length) {
  const size_t suffix = sizeof deletedSuffix - 1;
  if (length <= suffix || memcmp(path + length - suffix, deletedSuffix, suffix) != 0) return length;
  return length - suffix;
}

napi_value native_executable(napi_env env, napi_callback_info info) {
  int pid;
  if (!take_lone_integer(env, info, &pid)) return NULL;
  char path[linkBytesMax];
  size_t length;
  struct statx file;
  if (!proc_link(pid, "exe", path, sizeof path, &length) || !proc_target(pid, "exe", &file)) return give_nothing(env);
  const bool deleted = file.stx_nlink == 0;
  napi_value executable = give_object(env);
  put(env, executable, "path", give_string(env, path, deleted ? without_suffix(path, length) : length));
  put(env, executable, "deleted", give_bool(env, deleted));
  put(env, executable, "elsewhere", give_bool(env, !mounted_here(&file)));
  put(env, executable, "device", give_number(env, (double)device_of(&file)));
  put(env, executable, "inode", give_inode(env, file.stx_ino));
  put(env, executable, "uid", give_number(env, file.stx_uid));
  put(env, executable, "mode", give_number(env, file.stx_mode));
  return executable;
}

napi_value native_directory(napi_env env, napi_callback_info info) {
  int pid;
  char path[linkBytesMax];
  size_t length;
  if (!take_lone_integer(env, info, &pid)) return NULL;
  return proc_link(pid, "cwd", path, sizeof path, &length) ? give_string(env, path, length) : give_nothing(env);
}

// script(pid, valued, inlined): two lists of flags, " -a -b ".
napi_value native_script(napi_env env, napi_callback_info info) {
  napi_value values[3];
  struct flags flags;
  int pid;
  if (!take(env, info, 3, values) || !take_integer(env, values[0], &pid) ||
      !take_flags(env, values[1], values[2], &flags))
    return NULL;
  char command[commandBytesMax], directory[linkBytesMax];
  size_t length, directoryLength;
  if (!proc_read(pid, "cmdline", command, sizeof command, &length) ||
      !proc_link(pid, "cwd", directory, sizeof directory, &directoryLength))
    return give_nothing(env);
  const char *argument = first_operand(command, length, &flags);
  napi_value script = argument ? give_object(env) : give_nothing(env);
  if (argument) {
    put(env, script, "argument", give_string(env, argument, strlen(argument)));
    put(env, script, "directory", give_string(env, directory, directoryLength));
  }
  explicit_bzero(command, sizeof command);
  return script;
}
