// Which program a process runs, and which script when that program is an interpreter.
#include "native.h"
#include "mounts.h"
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

// Whether `words`, separated and enclosed by single spaces, holds the word.
static bool listed(const char *words, const char *word) {
  const size_t length = strlen(word);
  for (const char *at = strstr(words, word); at; at = strstr(at + 1, word))
    if (at > words && at[-1] == ' ' && at[length] == ' ') return true;
  return false;
}

// The first argument that is neither a flag nor the value of one. What follows it is never looked at.
static const char *first_operand(const char *command, size_t length, const char *valued, const char *inlined) {
  const char *end = command + length;
  const char *word = memchr(command, '\0', length);
  bool skip = false, flags = true;
  while (word && ++word < end) {
    const char *next = memchr(word, '\0', (size_t)(end - word));
    if (!next) return NULL;
    if (!skip && (!flags || word[0] != '-')) return *word ? word : NULL;
    if (!skip && (strcmp(word, "-") == 0 || listed(inlined, word))) return NULL;
    flags = skip || strcmp(word, "--") != 0;
    skip = !skip && listed(valued, word);
    word = next;
  }
  return NULL;
}

static bool take_words(napi_env env, napi_value value, char *words, size_t size) {
  size_t length;
  if (napi_get_value_string_utf8(env, value, words, size, &length) == napi_ok && length + 1 < size) return true;
  napi_throw_type_error(env, NULL, "not a short list of flags");
  return false;
}

// script(pid, valued, inlined): two lists of flags, " -a -b ".
napi_value native_script(napi_env env, napi_callback_info info) {
  enum { wordsBytesMax = 512 };
  napi_value values[3];
  char valued[wordsBytesMax], inlined[wordsBytesMax];
  int pid;
  if (!take(env, info, 3, values) || !take_integer(env, values[0], &pid) ||
      !take_words(env, values[1], valued, sizeof valued) || !take_words(env, values[2], inlined, sizeof inlined))
    return NULL;
  char command[commandBytesMax], directory[linkBytesMax];
  size_t length, directoryLength;
  if (!proc_read(pid, "cmdline", command, sizeof command, &length) ||
      !proc_link(pid, "cwd", directory, sizeof directory, &directoryLength))
    return give_nothing(env);
  const char *argument = first_operand(command, length, valued, inlined);
  napi_value script = argument ? give_object(env) : give_nothing(env);
  if (argument) {
    put(env, script, "argument", give_string(env, argument, strlen(argument)));
    put(env, script, "directory", give_string(env, directory, directoryLength));
  }
  explicit_bzero(command, sizeof command);
  return script;
}
