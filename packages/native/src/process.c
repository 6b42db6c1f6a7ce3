// What /proc/PID/stat tells of a process (proc_pid_stat(5)), and a watch that tells whether it is still what it was.
#include "native.h"
#include "proc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  statBytesMax = 2048,  // 52 numbers of at most 20 digits and a name of at most 64 bytes
  lastField = 28,       // of stat, the last one that we use
  fieldsOfAncestor = 5, // doubles, in the order of process.ts
  fieldsOfWatched = 7,  // those of an ancestor, then its two marks
  fieldsOfRow = 3,      // of what is compared: descriptor, whether the whole image counts, mark
};

// Fields of stat by their number in the manual page.
enum { parentField = 4, sessionField = 6, terminalField = 7, startField = 22, codeField = 26, stackField = 28 };

struct process {
  uint64_t fields[lastField + 1];
  char state;
  char name[statBytesMax];
  size_t nameBytes;
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
  if (file < 0) return false;
  char text[statBytesMax];
  const ssize_t got = read(file, text, sizeof text - 1);
  close(file);
  if (got <= 0 || got == sizeof text - 1) return false;
  text[got] = '\0';
  return parse_process(text, (size_t)got, out);
}

static bool read_process(int pid, struct process *out) {
  return read_stat(proc_open(pid, "stat"), out);
}

static bool read_watched(int directory, struct process *out) {
  return read_stat(openat(directory, "stat", O_RDONLY | O_CLOEXEC), out);
}

static void fill_ancestor(const struct process *process, uid_t uid, double *out) {
  out[0] = (double)process->fields[parentField];
  out[1] = (double)process->fields[startField];
  out[2] = (double)process->fields[sessionField];
  out[3] = (double)process->fields[terminalField];
  out[4] = uid;
}

// Takes a pid and an array of exactly so many doubles to fill.
static bool take_pid_and_room(napi_env env, napi_callback_info info, int *pid, double **room, size_t length) {
  napi_value values[2];
  return take(env, info, 2, values) && take_integer(env, values[0], pid) && take_doubles(env, values[1], room, &length);
}

// ancestor(pid, Float64Array): false when there is no such process. The directory /proc/PID belongs to the effective
// uid, also when the process is not dumpable and all that is in it belongs to root (task_dump_owner in the kernel's
// fs/proc/base.c).
napi_value native_ancestor(napi_env env, napi_callback_info info) {
  int pid;
  double *room;
  struct process process;
  struct stat directory;
  if (!take_pid_and_room(env, info, &pid, &room, fieldsOfAncestor)) return NULL;
  const bool found = read_process(pid, &process) && proc_entry(pid, "", &directory);
  if (found) fill_ancestor(&process, directory.st_uid, room);
  return give_bool(env, found);
}

static uint64_t mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * UINT64_C(0xff51afd7ed558ccd);
  return hash ^ (hash >> 32);
}

// 53 bits, to fit a double; never 0, which no process has.
static double mark_of(uint64_t hash) {
  return (double)((hash >> 11) | 1);
}

// Mixes in the file that a process runs, with its owner and mode; false where it is hidden.
static bool mix_file(int directory, uint64_t *hash) {
  struct statx file;
  if (statx(directory, "exe", AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &file) != 0) return false;
  *hash = mix(mix(*hash, device_of(&file)), file.stx_ino);
  *hash = mix(mix(*hash, file.stx_uid), file.stx_mode);
  return true;
}

// The places of code and stack, which the kernel draws at each exec; where all that is hidden they read as 0 or 1, and
// the name counts.
static double image_mark(uint64_t hash, bool hidden, const struct process *process) {
  hash = mix(mix(hash, process->fields[codeField]), process->fields[stackField]);
  for (size_t i = 0; hidden && i < process->nameBytes; i++) hash = mix(hash, (uint64_t)(unsigned char)process->name[i]);
  return mark_of(hash);
}

static bool fill_watched(int directory, double *out) {
  struct process process;
  struct stat entry;
  if (!read_watched(directory, &process) || fstat(directory, &entry) != 0) return false;
  uint64_t hash = entry.st_uid;
  const bool visible = mix_file(directory, &hash);
  fill_ancestor(&process, entry.st_uid, out);
  out[fieldsOfAncestor] = visible ? mark_of(hash) : 0;
  out[fieldsOfAncestor + 1] = image_mark(hash, !visible, &process);
  return true;
}

// watch(pid, Float64Array): a descriptor of /proc/PID, through which no later process of that pid ever answers; nothing
// when there is no such process or no descriptor to be had.
napi_value native_watch(napi_env env, napi_callback_info info) {
  int pid;
  double *room;
  if (!take_pid_and_room(env, info, &pid, &room, fieldsOfWatched)) return NULL;
  const int directory = proc_watch(pid);
  if (directory < 0) return give_nothing(env);
  if (fill_watched(directory, room)) return give_number(env, directory);
  close(directory);
  return give_nothing(env);
}

static bool is_unchanged(int directory, bool whole, double mark) {
  struct stat entry;
  if (fstat(directory, &entry) != 0) return false;
  uint64_t hash = entry.st_uid;
  const bool visible = mix_file(directory, &hash);
  if (!whole) return visible && mark_of(hash) == mark;
  struct process process;
  return read_watched(directory, &process) && image_mark(hash, !visible, &process) == mark;
}

// unchanged(Float64Array): whether each of the rows tells of a process that lives and is what it was.
napi_value native_unchanged(napi_env env, napi_callback_info info) {
  napi_value value;
  double *rows;
  size_t length = 0;
  if (!take(env, info, 1, &value) || !take_doubles(env, value, &rows, &length)) return NULL;
  bool unchanged = length % fieldsOfRow == 0;
  for (const double *row = rows; unchanged && row < rows + length; row += fieldsOfRow)
    unchanged = is_unchanged((int)row[0], row[1] != 0, row[2]);
  return give_bool(env, unchanged);
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
