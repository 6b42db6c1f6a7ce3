// Which processes hold a pipe open for reading: a walk over /proc/PID/fd.
#include "native.h"
#include "proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
  processesMax = 32768,     // looked at in one search; one more counts as unseen
  descriptorsMax = 1048576, // looked at in one search; a process met after that counts as unseen
  entriesBytes = 4096,      // of a directory, read at a time
};

struct search {
  napi_env env;
  napi_value readers; // an array of { pid, writes }
  uint64_t device, inode;
  uint32_t found, unseen, processes, descriptors;
};

struct holding {
  bool reads, writes;
};

// An entry of a directory as getdents64(2) gives it, which readdir(3) would ask for with four calls more.
struct entry {
  uint64_t inode;
  int64_t next;
  uint16_t bytes;
  uint8_t type;
  char name[];
};

// Entries of a directory, some at a time; aligned for the first of them.
struct entries {
  int directory;
  size_t at, end;
  _Alignas(struct entry) char buffer[entriesBytes];
};

static bool open_entries(const char *path, struct entries *out) {
  out->directory = openat(proc(), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  out->at = out->end = 0;
  return out->directory >= 0;
}

// The name of the next entry; NULL after the last.
static const char *next_name(struct entries *entries) {
  if (entries->at >= entries->end) {
    const long got = syscall(SYS_getdents64, entries->directory, entries->buffer, sizeof entries->buffer);
    if (got <= 0) return NULL;
    entries->at = 0;
    entries->end = (size_t)got;
  }
  const struct entry *entry = (const struct entry *)(const void *)(entries->buffer + entries->at);
  entries->at += entry->bytes;
  return entry->name;
}

static bool is_number(const char *name) {
  return name[0] >= '0' && name[0] <= '9';
}

static void look_at(const struct search *search, int directory, const char *name, struct holding *out) {
  struct statx file;
  struct stat entry;
  if (statx(directory, name, AT_STATX_DONT_SYNC, STATX_INO, &file) != 0 || file.stx_ino != search->inode ||
      device_of(&file) != search->device || fstatat(directory, name, &entry, AT_SYMLINK_NOFOLLOW) != 0)
    return;
  out->reads |= (entry.st_mode & S_IRUSR) != 0;
  out->writes |= (entry.st_mode & S_IWUSR) != 0;
}

static bool look_through(struct search *search, int pid, struct holding *out) {
  char path[procNameBytesMax];
  snprintf(path, sizeof path, "%d/fd", pid);
  struct entries entries;
  if (!open_entries(path, &entries)) return false;
  for (const char *name; (name = next_name(&entries)) && search->descriptors < descriptorsMax;)
    if (is_number(name)) {
      search->descriptors++;
      look_at(search, entries.directory, name, out);
    }
  close(entries.directory);
  return search->descriptors < descriptorsMax;
}

static void visit(struct search *search, int pid) {
  struct holding holding = {false, false};
  if (search->processes++ >= processesMax || !look_through(search, pid, &holding)) search->unseen++;
  if (!holding.reads) return;
  napi_value reader = give_object(search->env);
  put(search->env, reader, "pid", give_number(search->env, pid));
  put(search->env, reader, "writes", give_bool(search->env, holding.writes));
  if (napi_set_element(search->env, search->readers, search->found++, reader) != napi_ok) abort();
}

static void visit_all(struct search *search) {
  struct entries entries;
  if (!open_entries(".", &entries)) abort();
  for (const char *name; (name = next_name(&entries)) && search->processes <= processesMax;)
    if (is_number(name)) visit(search, atoi(name));
  close(entries.directory);
}

static bool visit_each(struct search *search, napi_value pids) {
  uint32_t length;
  if (napi_get_array_length(search->env, pids, &length) != napi_ok) {
    napi_throw_type_error(search->env, NULL, "not an array of pids");
    return false;
  }
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    int pid;
    if (napi_get_element(search->env, pids, i, &element) != napi_ok || !take_integer(search->env, element, &pid))
      return false;
    visit(search, pid);
  }
  return true;
}

// readers(device, inode, pids | undefined)
napi_value native_readers(napi_env env, napi_callback_info info) {
  napi_value values[3];
  double device;
  bool lossless;
  struct search search = {.env = env};
  napi_valuetype type;
  if (!take(env, info, 3, values)) return NULL;
  if (napi_get_value_double(env, values[0], &device) != napi_ok || device < 0 ||
      napi_get_value_bigint_uint64(env, values[1], &search.inode, &lossless) != napi_ok ||
      napi_typeof(env, values[2], &type) != napi_ok || napi_create_array(env, &search.readers) != napi_ok) {
    napi_throw_type_error(env, NULL, "not a device and an inode");
    return NULL;
  }
  search.device = (uint64_t)device;
  if (type == napi_undefined) visit_all(&search);
  else if (!visit_each(&search, values[2])) return NULL;
  napi_value result = give_object(env);
  put(env, result, "readers", search.readers);
  put(env, result, "unseen", give_number(env, search.unseen));
  return result;
}
