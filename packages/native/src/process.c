// The chain of a process's ancestors, as /proc/PID/stat tells it (proc_pid_stat(5)).
#include "native.h"
#include "proc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  statBytesMax = 2048,  // 52 numbers of at most 20 digits and a name of at most 64 bytes
  keptMax = 128,        // stat files of ancestors kept open
  ancestorsMax = 64,    // a longer chain ends there, marked
  fieldsOfAncestor = 7, // doubles for each ancestor, in the order of index.ts
  lastField = 28,       // of stat, the last one that we use
};

// Fields of stat by their number in the manual page.
enum { parentField = 4, sessionField = 6, terminalField = 7, startField = 22, codeField = 26, stackField = 28 };

// Stat files of ancestors, which many chains share. One answers for its process only, never for a later one of its pid,
// and reading it again costs half of opening it anew.
static struct {
  int pid, file;
} kept[keptMax];

struct process {
  uint64_t fields[lastField + 1];
  char state;
  char name[statBytesMax];
  size_t nameBytes;
};

struct ancestor {
  double values[fieldsOfAncestor];
};

// What follows the name: a space, the state, and numbers. A few are negative; none of those is used.
static bool parse_fields(const char *text, struct process *out) {
  if (text[0] != ' ' || text[1] == '\0' || text[2] != ' ') return false;
  out->state = text[1];
  const char *cursor = text + 2;
  for (int field = parentField; field <= lastField; field++) {
    char *end;
    out->fields[field] = (uint64_t)strtoull(cursor, &end, 10);
    if (end == cursor) return false;
    cursor = end;
  }
  return true;
}

// A name may hold spaces and parentheses: it ends at the last one.
static bool parse_process(const char *text, size_t length, struct process *out) {
  const char *name = memchr(text, '(', length);
  const char *end = memrchr(text, ')', length);
  if (!name || !end || end < name) return false;
  out->nameBytes = (size_t)(end - name) - 1;
  memcpy(out->name, name + 1, out->nameBytes);
  return parse_fields(end + 1, out);
}

static bool read_stat(int file, struct process *out) {
  char text[statBytesMax];
  const ssize_t got = pread(file, text, sizeof text - 1, 0);
  if (got <= 0 || got == sizeof text - 1) return false;
  text[got] = '\0';
  return parse_process(text, (size_t)got, out);
}

static bool read_process(int pid, struct process *out) {
  const int file = proc_open(pid, "stat");
  if (file < 0) return false;
  const bool read = read_stat(file, out);
  close(file);
  return read;
}

static bool read_kept_process(int pid, struct process *out) {
  const int slot = pid % keptMax;
  if (kept[slot].pid == pid && read_stat(kept[slot].file, out)) return true;
  if (kept[slot].pid != 0) close(kept[slot].file);
  kept[slot].file = proc_open(pid, "stat");
  kept[slot].pid = kept[slot].file < 0 ? 0 : pid;
  return kept[slot].pid != 0 && read_stat(kept[slot].file, out);
}

static uint64_t mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * UINT64_C(0xff51afd7ed558ccd);
  return hash ^ (hash >> 32);
}

// A number that changes whenever what identifies the program may have changed: its file and the places of its code and
// stack, which the kernel draws at each exec, or, where all that is hidden, its name and user. 53 bits, to fit a double.
static uint64_t image_of(int pid, const struct process *process, uid_t uid) {
  uint64_t hash = uid;
  struct statx file;
  if (proc_target(pid, "exe", &file)) {
    hash = mix(mix(hash, device_of(&file)), file.stx_ino);
    hash = mix(mix(hash, process->fields[codeField]), process->fields[stackField]);
  } else {
    for (size_t i = 0; i < process->nameBytes; i++) hash = mix(hash, (uint64_t)(unsigned char)process->name[i] + 1);
  }
  return hash >> 11;
}

// The directory /proc/PID belongs to the effective uid, also when the process is not dumpable and all that is in it
// belongs to root (task_dump_owner in the kernel's fs/proc/base.c).
static bool read_ancestor(int pid, bool keep, struct ancestor *out) {
  struct process process;
  struct stat directory;
  if (!(keep ? read_kept_process : read_process)(pid, &process) || !proc_entry(pid, "", &directory)) return false;
  out->values[0] = pid;
  out->values[1] = (double)process.fields[parentField];
  out->values[2] = (double)process.fields[startField];
  out->values[3] = (double)process.fields[sessionField];
  out->values[4] = (double)process.fields[terminalField];
  out->values[5] = directory.st_uid;
  out->values[6] = (double)image_of(pid, &process, directory.st_uid);
  return true;
}

// A parent is never younger than its child: one that is took over the pid of the real one while we read.
static size_t read_chain(int pid, struct ancestor *chain, size_t max, bool *complete) {
  size_t count = 0;
  double youngest = 9007199254740991.0;
  while (count < max && pid > 0 && read_ancestor(pid, count > 0, &chain[count]) &&
         chain[count].values[2] <= youngest) {
    pid = (int)chain[count].values[1];
    youngest = chain[count].values[2];
    count++;
  }
  *complete = count > 0 && pid == 0;
  return count;
}

// chain(pid, Float64Array): the number of ancestors written, negative when the chain could not be read to its end.
napi_value native_chain(napi_env env, napi_callback_info info) {
  napi_value values[2];
  int pid;
  if (!take(env, info, 2, values) || !take_integer(env, values[0], &pid)) return NULL;
  napi_typedarray_type type;
  size_t length;
  void *data;
  if (napi_get_typedarray_info(env, values[1], &type, &length, &data, NULL, NULL) != napi_ok ||
      type != napi_float64_array || length != ancestorsMax * fieldsOfAncestor) {
    napi_throw_type_error(env, NULL, "not a Float64Array of the right length");
    return NULL;
  }
  bool complete;
  const size_t count = read_chain(pid, data, ancestorsMax, &complete);
  return give_number(env, complete ? (double)count : -(double)count);
}

napi_value native_started(napi_env env, napi_callback_info info) {
  int pid;
  struct process process;
  if (!take_lone_integer(env, info, &pid)) return NULL;
  return read_process(pid, &process) ? give_number(env, (double)process.fields[startField]) : give_nothing(env);
}

napi_value native_state(napi_env env, napi_callback_info info) {
  int pid;
  struct process process;
  if (!take_lone_integer(env, info, &pid)) return NULL;
  return read_process(pid, &process) ? give_string(env, &process.state, 1) : give_nothing(env);
}
