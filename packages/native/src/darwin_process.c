// macOS: the chain of processes, and what each of them is (libproc.h). Compiled and run on no Mac yet.
#define __STDC_WANT_LIB_EXT1__ 1 // memset_s
#include "darwin.h"
#include "operand.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/event.h>
#include <sys/stat.h>
#include <sys/sysctl.h>
#include <unistd.h>

enum {
  fieldsOfAncestor = 5,  // doubles, in the order of process.ts
  fieldsOfWatched = 7,   // those of an ancestor, then its two marks
  fieldsOfRow = 3,       // of what is compared: descriptor, whether the whole image counts, mark
  watchedMax = 4096,     // descriptors above are not handed out
  childrenMax = 1024,    // one more than is told
  commandBytesMax = 4096 // of a command line: a script named later than that is not found
};

bool darwin_process(int pid, bool zombies, struct proc_bsdinfo *out) {
  return proc_pidinfo(pid, PROC_PIDTBSDINFO, zombies, out, sizeof *out) == (int)sizeof *out;
}

double darwin_start(const struct proc_bsdinfo *process) {
  return (double)(process->pbi_start_tvsec * 1000000 + process->pbi_start_tvusec);
}

static void fill_ancestor(const struct proc_bsdinfo *process, double *out) {
  const pid_t session = getsid((pid_t)process->pbi_pid);
  out[0] = process->pbi_ppid;
  out[1] = darwin_start(process);
  out[2] = session > 0 ? session : 0;
  out[3] = process->e_tdev == UINT32_MAX ? 0 : process->e_tdev;
  out[4] = process->pbi_uid;
}

static bool take_pid_and_room(napi_env env, napi_callback_info info, int *pid, double **room, size_t length) {
  napi_value values[2];
  return take(env, info, 2, values) && take_integer(env, values[0], pid) && take_doubles(env, values[1], room, &length);
}

napi_value native_ancestor(napi_env env, napi_callback_info info) {
  int pid;
  double *room;
  struct proc_bsdinfo process;
  if (!take_pid_and_room(env, info, &pid, &room, fieldsOfAncestor)) return NULL;
  const bool found = darwin_process(pid, false, &process);
  if (found) fill_ancestor(&process, room);
  return give_bool(env, found);
}

napi_value native_started(napi_env env, napi_callback_info info) {
  int pid;
  struct proc_bsdinfo process;
  if (!take_lone_integer(env, info, &pid)) return NULL;
  return darwin_process(pid, false, &process) ? give_number(env, darwin_start(&process)) : give_nothing(env);
}

napi_value native_state(napi_env env, napi_callback_info info) {
  enum { running = 2, asleep = 3, stopped = 4, ended = 5 }; // pbi_status, as in sys/proc.h
  int pid;
  struct proc_bsdinfo process;
  if (!take_lone_integer(env, info, &pid)) return NULL;
  if (!darwin_process(pid, true, &process)) return give_nothing(env);
  switch (process.pbi_status) {
  case asleep: return give_string(env, "S", 1);
  case stopped: return give_string(env, "T", 1);
  case ended: return give_string(env, "Z", 1);
  case running:
  default: return give_string(env, "R", 1);
  }
}

napi_value native_children(napi_env env, napi_callback_info info) {
  int pid;
  pid_t found[childrenMax];
  napi_value pids;
  if (!take_lone_integer(env, info, &pid)) return NULL;
  const int count = proc_listchildpids(pid, found, sizeof found);
  if (count < 0 || count >= childrenMax) return give_nothing(env);
  if (napi_create_array(env, &pids) != napi_ok) abort();
  for (int i = 0; i < count; i++)
    if (napi_set_element(env, pids, (uint32_t)i, give_number(env, found[i])) != napi_ok) abort();
  return pids;
}

// The path of the file that a process runs, and what lies there. The kernel gives no path of a removed file, and one that
// was replaced since cannot be told from the one that runs: what follows from it only narrows.
static bool find_file(int pid, char path[PROC_PIDPATHINFO_MAXSIZE], struct stat *file) {
  const int length = proc_pidpath(pid, path, PROC_PIDPATHINFO_MAXSIZE);
  return length > 0 && length < PROC_PIDPATHINFO_MAXSIZE && stat(path, file) == 0;
}

napi_value native_executable(napi_env env, napi_callback_info info) {
  int pid;
  char path[PROC_PIDPATHINFO_MAXSIZE];
  struct stat file;
  if (!take_lone_integer(env, info, &pid)) return NULL;
  if (!find_file(pid, path, &file)) return give_nothing(env);
  napi_value executable = give_object(env);
  put(env, executable, "path", give_string(env, path, strlen(path)));
  put(env, executable, "deleted", give_bool(env, false));
  put(env, executable, "elsewhere", give_bool(env, false)); // one mount namespace for all
  put(env, executable, "device", give_number(env, (uint32_t)file.st_dev));
  put(env, executable, "inode", give_inode(env, file.st_ino));
  put(env, executable, "uid", give_number(env, file.st_uid));
  put(env, executable, "mode", give_number(env, file.st_mode));
  return executable;
}

static uint64_t mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * UINT64_C(0xff51afd7ed558ccd);
  return hash ^ (hash >> 32);
}

// 53 bits, to fit a double; never 0, which no process has.
static double mark_of(uint64_t hash) {
  return (double)((hash >> 11) | 1);
}

// The two marks of process.ts. An exec is told by the kqueue, so the image has no more to it than start and name.
static void fill_marks(int pid, const struct proc_bsdinfo *process, double *file_mark, double *image_mark) {
  char path[PROC_PIDPATHINFO_MAXSIZE];
  struct stat file;
  uint64_t hash = process->pbi_uid;
  const bool visible = find_file(pid, path, &file);
  if (visible) hash = mix(mix(mix(mix(hash, (uint32_t)file.st_dev), file.st_ino), file.st_uid), file.st_mode);
  *file_mark = visible ? mark_of(hash) : 0;
  hash = mix(mix(hash, process->pbi_start_tvsec), process->pbi_start_tvusec);
  for (size_t i = 0; !visible && i < sizeof process->pbi_comm; i++)
    hash = mix(hash, (uint64_t)(unsigned char)process->pbi_comm[i]);
  *image_mark = mark_of(hash);
}

// Of which process a descriptor of ours is; the kernel does not tell that of a kqueue.
static pid_t watched[watchedMax];

static int open_watch(int pid) {
  const int queue = kqueue();
  struct kevent changes;
  EV_SET(&changes, (uintptr_t)pid, EVFILT_PROC, EV_ADD, NOTE_EXIT | NOTE_EXEC, 0, NULL);
  if (queue >= 0 && queue < watchedMax && kevent(queue, &changes, 1, NULL, 0, NULL) == 0) {
    fcntl(queue, F_SETFD, FD_CLOEXEC);
    watched[queue] = pid;
    return queue;
  }
  if (queue >= 0) close(queue);
  return -1;
}

// watch(pid, Float64Array): a kqueue that is told of the process's end, and of its execs. The facts are read after it
// watches, so that they are of the process that it watches.
napi_value native_watch(napi_env env, napi_callback_info info) {
  int pid;
  double *room;
  struct proc_bsdinfo process;
  if (!take_pid_and_room(env, info, &pid, &room, fieldsOfWatched)) return NULL;
  const int queue = open_watch(pid);
  if (queue < 0) return give_nothing(env);
  if (darwin_process(pid, false, &process)) {
    fill_ancestor(&process, room);
    fill_marks(pid, &process, &room[fieldsOfAncestor], &room[fieldsOfAncestor + 1]);
    return give_number(env, queue);
  }
  close(queue);
  return give_nothing(env);
}

// Whether nothing has come. What has stays known: the process is forgotten, so that its marks never compare again.
static bool is_quiet(int queue) {
  const struct timespec now = {0, 0};
  struct kevent event;
  if (watched[queue] == 0) return false;
  if (kevent(queue, NULL, 0, &event, 1, &now) == 0) return true;
  watched[queue] = 0;
  return false;
}

static bool is_unchanged(int queue, bool whole, double mark) {
  struct proc_bsdinfo process;
  double file_mark, image_mark;
  if (queue < 0 || queue >= watchedMax || !is_quiet(queue)) return false;
  if (!darwin_process(watched[queue], false, &process)) return false;
  fill_marks(watched[queue], &process, &file_mark, &image_mark);
  return (whole ? image_mark : file_mark) == mark;
}

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

// sysctl(3) KERN_PROCARGS2 gives the number of arguments, the path of the program, some NULs, the arguments, and behind
// them the environment, which is not looked at: returns how many bytes belong to arguments.
static size_t find_arguments(const char *text, size_t length, const char **arguments) {
  int count;
  if (length <= sizeof count) return 0;
  memcpy(&count, text, sizeof count);
  const char *at = text + sizeof count, *end = text + length;
  at += strnlen(at, (size_t)(end - at));
  while (at < end && *at == '\0') at++;
  *arguments = at;
  while (at < end && count-- > 0) {
    at += strnlen(at, (size_t)(end - at));
    if (at < end) at++;
  }
  return (size_t)(at - *arguments);
}

static bool read_command(int pid, char command[commandBytesMax], size_t *length) {
  int name[] = {CTL_KERN, KERN_PROCARGS2, pid};
  *length = commandBytesMax;
  return sysctl(name, 3, command, length, NULL, 0) == 0;
}

// script(pid, valued, inlined): two lists of flags, " -a -b ".
napi_value native_script(napi_env env, napi_callback_info info) {
  napi_value values[3];
  struct flags flags;
  struct proc_vnodepathinfo place;
  char command[commandBytesMax];
  const char *arguments, *found = NULL;
  size_t length;
  int pid;
  if (!take(env, info, 3, values) || !take_integer(env, values[0], &pid) ||
      !take_flags(env, values[1], values[2], &flags))
    return NULL;
  if (proc_pidinfo(pid, PROC_PIDVNODEPATHINFO, 0, &place, sizeof place) != (int)sizeof place ||
      !read_command(pid, command, &length))
    return give_nothing(env);
  const size_t bytes = find_arguments(command, length, &arguments);
  if (bytes > 0) found = first_operand(arguments, bytes, &flags);
  napi_value script = found ? give_object(env) : give_nothing(env);
  const char *directory = place.pvi_cdir.vip_path;
  if (found) {
    put(env, script, "argument", give_string(env, found, strlen(found)));
    put(env, script, "directory", give_string(env, directory, strnlen(directory, sizeof place.pvi_cdir.vip_path)));
  }
  memset_s(command, sizeof command, 0, sizeof command);
  return script;
}

napi_value native_directory(napi_env env, napi_callback_info info) {
  int pid;
  struct proc_vnodepathinfo place;
  if (!take_lone_integer(env, info, &pid)) return NULL;
  if (proc_pidinfo(pid, PROC_PIDVNODEPATHINFO, 0, &place, sizeof place) != (int)sizeof place) return give_nothing(env);
  const char *path = place.pvi_cdir.vip_path;
  return give_string(env, path, strnlen(path, sizeof place.pvi_cdir.vip_path));
}

napi_value native_credentials(napi_env env, napi_callback_info info) {
  int pid;
  struct proc_bsdinfo process;
  if (!take_lone_integer(env, info, &pid)) return NULL;
  if (!darwin_process(pid, false, &process)) return give_nothing(env);
  napi_value credentials = give_object(env), uids = give_object(env);
  put(env, uids, "real", give_number(env, process.pbi_ruid));
  put(env, uids, "effective", give_number(env, process.pbi_uid));
  put(env, uids, "saved", give_number(env, process.pbi_svuid));
  // There is none of its own.
  put(env, uids, "filesystem", give_number(env, process.pbi_uid));
  put(env, credentials, "name", give_string(env, process.pbi_comm, strnlen(process.pbi_comm, sizeof process.pbi_comm)));
  put(env, credentials, "uids", uids);
  return credentials;
}

// The kernel makes a tracer the parent of what it traces.
static double tracer_of(const struct proc_bsdinfo *process) {
  return process->pbi_flags & PROC_FLAG_TRACED ? process->pbi_ppid : 0;
}

napi_value native_tracer(napi_env env, napi_callback_info info) {
  int pid;
  struct proc_bsdinfo process;
  if (!take_lone_integer(env, info, &pid)) return NULL;
  return darwin_process(pid, false, &process) ? give_number(env, tracer_of(&process)) : give_nothing(env);
}

// There are no user namespaces.
napi_value native_guard(napi_env env, napi_callback_info info) {
  int pid;
  struct proc_bsdinfo process;
  if (!take_lone_integer(env, info, &pid)) return NULL;
  if (!darwin_process(pid, false, &process)) return give_nothing(env);
  napi_value guard = give_object(env);
  put(env, guard, "tracer", give_number(env, tracer_of(&process)));
  put(env, guard, "userNamespace", give_string(env, "ours", 4));
  return guard;
}

// Whether a process has denied debuggers is told to nobody, so `dumpable` is missing, and the record of a release says so.
napi_value native_exposure(napi_env env, napi_callback_info info) {
  int pid;
  struct proc_bsdinfo process;
  if (!take_lone_integer(env, info, &pid)) return NULL;
  if (!darwin_process(pid, false, &process)) return give_nothing(env);
  napi_value exposure = give_object(env);
  put(env, exposure, "tracer", give_number(env, tracer_of(&process)));
  return exposure;
}
