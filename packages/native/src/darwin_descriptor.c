// macOS: what stands behind another process's descriptor, and who else holds it (libproc.h). Compiled and run on no Mac yet.
#include "darwin.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
  processesMax = 16384,  // looked at in one search; one more counts as unseen
  descriptorsMax = 8192, // of one process; with more it counts as unseen
  readFlag = 1, writeFlag = 2, // FREAD and FWRITE of sys/fcntl.h, which fi_openflags has
  nullMajor = 3, nullMinor = 2, // of /dev/null
};

struct open_file {
  const char *kind, *path;
  uint32_t flags, device, special;
  uint64_t inode;
};

// Both ends of a pipe have the same two handles, each the other way round: the smaller one names the pipe.
static uint64_t name_of_pipe(const struct pipe_info *pipe) {
  return pipe->pipe_handle < pipe->pipe_peerhandle ? pipe->pipe_handle : pipe->pipe_peerhandle;
}

static bool begins_with(const char *text, const char *beginning) {
  return strncmp(text, beginning, strlen(beginning)) == 0;
}

static const char *device_kind(uint32_t special, const char *path) {
  if (major(special) == nullMajor && minor(special) == nullMinor) return "null";
  return begins_with(path, "/dev/tty") || begins_with(path, "/dev/console") ? "terminal" : "other";
}

// An anonymous pipe is no vnode, so one that has a mode and a path is a FIFO.
static const char *kind_of(unsigned mode, uint32_t special, const char *path) {
  switch (mode & S_IFMT) {
  case S_IFIFO: return *path ? "fifo" : "pipe";
  case S_IFREG: return "file";
  case S_IFSOCK: return "socket";
  case S_IFCHR: return device_kind(special, path);
  default: return "other";
  }
}

static bool read_pipe(int pid, int descriptor, struct open_file *out) {
  struct pipe_fdinfo pipe;
  if (proc_pidfdinfo(pid, descriptor, PROC_PIDFDPIPEINFO, &pipe, sizeof pipe) != (int)sizeof pipe) return false;
  *out = (struct open_file){"pipe", "pipe", pipe.pfi.fi_openflags, 0, 0, name_of_pipe(&pipe.pipeinfo)};
  return true;
}

static bool read_vnode(int pid, int descriptor, struct vnode_fdinfowithpath *file, struct open_file *out) {
  if (proc_pidfdinfo(pid, descriptor, PROC_PIDFDVNODEPATHINFO, file, sizeof *file) != (int)sizeof *file) return false;
  const struct vinfo_stat *entry = &file->pvip.vip_vi.vi_stat;
  file->pvip.vip_path[sizeof file->pvip.vip_path - 1] = '\0';
  const char *path = file->pvip.vip_path, *kind = kind_of(entry->vst_mode, entry->vst_rdev, path);
  *out = (struct open_file){kind, path, file->pfi.fi_openflags, entry->vst_dev, entry->vst_rdev, entry->vst_ino};
  return true;
}

static bool read_socket(int pid, int descriptor, struct open_file *out) {
  struct socket_fdinfo socket;
  if (proc_pidfdinfo(pid, descriptor, PROC_PIDFDSOCKETINFO, &socket, sizeof socket) != (int)sizeof socket) return false;
  *out = (struct open_file){"socket", "socket", socket.pfi.fi_openflags, 0, 0, socket.psi.soi_so};
  return true;
}

static const char *access_of(uint32_t flags) {
  if ((flags & readFlag) && (flags & writeFlag)) return "both";
  if (flags & readFlag) return "read";
  return flags & writeFlag ? "write" : "none";
}

static napi_value describe(napi_env env, const struct open_file *found) {
  const char *access = access_of(found->flags);
  napi_value file = give_object(env);
  put(env, file, "kind", give_string(env, found->kind, strlen(found->kind)));
  put(env, file, "access", give_string(env, access, strlen(access)));
  put(env, file, "device", give_number(env, found->device));
  put(env, file, "inode", give_inode(env, found->inode));
  put(env, file, "rdev", give_number(env, found->special));
  put(env, file, "path", give_string(env, found->path, strlen(found->path)));
  return file;
}

napi_value native_open_file(napi_env env, napi_callback_info info) {
  napi_value values[2];
  int pid, descriptor;
  struct open_file found;
  struct vnode_fdinfowithpath file;
  if (!take(env, info, 2, values) || !take_integer(env, values[0], &pid) || !take_integer(env, values[1], &descriptor))
    return NULL;
  if (read_pipe(pid, descriptor, &found) || read_vnode(pid, descriptor, &file, &found) ||
      read_socket(pid, descriptor, &found))
    return describe(env, &found);
  return give_nothing(env);
}

// The kind of a file from what another process said of it: mode, device number and path.
napi_value native_kind_of(napi_env env, napi_callback_info info) {
  napi_value values[3];
  char path[MAXPATHLEN];
  size_t length;
  int mode, special;
  if (!take(env, info, 3, values) || !take_integer(env, values[0], &mode) || !take_integer(env, values[1], &special))
    return NULL;
  if (napi_get_value_string_utf8(env, values[2], path, sizeof path, &length) != napi_ok) {
    napi_throw_type_error(env, NULL, "not a path");
    return NULL;
  }
  const char *kind = kind_of((unsigned)mode, (uint32_t)special, path);
  return give_string(env, kind, strlen(kind));
}

struct search {
  napi_env env;
  napi_value readers; // an array of { pid, writes }
  uint64_t pipe;
  uint32_t found, unseen;
};

// The open flags of all descriptors of the process that are of this pipe, together. False when they cannot be seen.
static bool look_through(const struct search *search, int pid, uint32_t *flags) {
  static struct proc_fdinfo descriptors[descriptorsMax];
  const int bytes = proc_pidinfo(pid, PROC_PIDLISTFDS, 0, descriptors, sizeof descriptors);
  if (bytes <= 0 || (size_t)bytes >= sizeof descriptors) return false;
  const size_t count = (size_t)bytes / sizeof *descriptors;
  for (size_t i = 0; i < count; i++) {
    struct open_file file;
    if (descriptors[i].proc_fdtype != PROX_FDTYPE_PIPE || !read_pipe(pid, descriptors[i].proc_fd, &file)) continue;
    if (file.inode == search->pipe) *flags |= file.flags;
  }
  return true;
}

static void visit(struct search *search, int pid) {
  uint32_t flags = 0;
  if (!look_through(search, pid, &flags)) search->unseen++;
  if (!(flags & readFlag)) return;
  napi_value reader = give_object(search->env);
  put(search->env, reader, "pid", give_number(search->env, pid));
  put(search->env, reader, "writes", give_bool(search->env, flags & writeFlag));
  if (napi_set_element(search->env, search->readers, search->found++, reader) != napi_ok) abort();
}

static void visit_all(struct search *search) {
  static pid_t pids[processesMax];
  const int count = proc_listallpids(pids, sizeof pids);
  if (count < 0) abort();
  if (count >= processesMax) search->unseen++;
  for (int i = 0; i < count && i < processesMax; i++) visit(search, pids[i]);
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

// readers(device, inode, pids | undefined); a pipe has no device.
napi_value native_readers(napi_env env, napi_callback_info info) {
  napi_value values[3];
  double device;
  bool lossless;
  struct search search = {.env = env};
  napi_valuetype type;
  if (!take(env, info, 3, values)) return NULL;
  if (napi_get_value_double(env, values[0], &device) != napi_ok || device < 0 ||
      napi_get_value_bigint_uint64(env, values[1], &search.pipe, &lossless) != napi_ok ||
      napi_typeof(env, values[2], &type) != napi_ok || napi_create_array(env, &search.readers) != napi_ok) {
    napi_throw_type_error(env, NULL, "not a device and an inode");
    return NULL;
  }
  if (type == napi_undefined) visit_all(&search);
  else if (!visit_each(&search, values[2])) return NULL;
  napi_value result = give_object(env);
  put(env, result, "readers", search.readers);
  put(env, result, "unseen", give_number(env, search.unseen));
  return result;
}
