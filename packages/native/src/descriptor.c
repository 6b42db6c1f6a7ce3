// What stands behind a descriptor of another process (proc_pid_fd(5)).
#include "native.h"
#include "proc.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

// Devices by number, as the kernel's Documentation/admin-guide/devices.txt lists them.
enum { memoryMajor = 1, nullMinor = 3, ptsMajorMin = 136, ptsMajorMax = 143 };
enum { ttyMajor = 4, currentTtyMajor = 5, consoleMinor = 1, serialAcmMajor = 166, serialUsbMajor = 188 };
enum { serialLowMajor = 204, consoleVirtualMajor = 229 };

static bool is_terminal(unsigned major_number, unsigned minor_number) {
  if (major_number >= ptsMajorMin && major_number <= ptsMajorMax) return true;
  if (major_number == currentTtyMajor) return minor_number <= consoleMinor;
  return major_number == ttyMajor || major_number == serialAcmMajor || major_number == serialUsbMajor ||
         major_number == serialLowMajor || major_number == consoleVirtualMajor;
}

static const char *device_kind(const struct statx *file) {
  if (file->stx_rdev_major == memoryMajor && file->stx_rdev_minor == nullMinor) return "null";
  return is_terminal(file->stx_rdev_major, file->stx_rdev_minor) ? "terminal" : "other";
}

// A pipe's link is "pipe:[INODE]"; that of a FIFO is its path, which begins with a slash.
static const char *kind_of(const struct statx *file, const char *link) {
  switch (file->stx_mode & S_IFMT) {
  case S_IFIFO: return strncmp(link, "pipe:", 5) == 0 ? "pipe" : "fifo";
  case S_IFREG: return "file";
  case S_IFSOCK: return "socket";
  case S_IFCHR: return device_kind(file);
  default: return "other";
  }
}

// The permission bits of the link tell how the descriptor was opened.
static const char *access_of(const struct stat *entry) {
  const bool reads = entry->st_mode & S_IRUSR, writes = entry->st_mode & S_IWUSR;
  if (reads && writes) return "both";
  if (reads) return "read";
  return writes ? "write" : "none";
}

static napi_value describe(napi_env env, const struct statx *file, const struct stat *entry, const char *link) {
  const char *kind = kind_of(file, link), *access = access_of(entry);
  napi_value open_file = give_object(env);
  put(env, open_file, "kind", give_string(env, kind, strlen(kind)));
  put(env, open_file, "access", give_string(env, access, strlen(access)));
  put(env, open_file, "device", give_number(env, (double)device_of(file)));
  put(env, open_file, "inode", give_inode(env, file->stx_ino));
  put(env, open_file, "rdev", give_number(env, (double)makedev(file->stx_rdev_major, file->stx_rdev_minor)));
  put(env, open_file, "path", give_string(env, link, strlen(link)));
  return open_file;
}

// The kind of a file from what another process said of it: mode, device number and link.
napi_value native_kind_of(napi_env env, napi_callback_info info) {
  napi_value values[3];
  char link[linkBytesMax];
  size_t length;
  int mode, special;
  if (!take(env, info, 3, values) || !take_integer(env, values[0], &mode) || !take_integer(env, values[1], &special))
    return NULL;
  if (napi_get_value_string_utf8(env, values[2], link, sizeof link, &length) != napi_ok) {
    napi_throw_type_error(env, NULL, "not a link");
    return NULL;
  }
  const dev_t device = (unsigned)special;
  const struct statx file = {
    .stx_mode = (uint16_t)mode, .stx_rdev_major = major(device), .stx_rdev_minor = minor(device)};
  const char *kind = kind_of(&file, link);
  return give_string(env, kind, strlen(kind));
}

napi_value native_open_file(napi_env env, napi_callback_info info) {
  napi_value values[2];
  int pid, descriptor;
  if (!take(env, info, 2, values) || !take_integer(env, values[0], &pid) || !take_integer(env, values[1], &descriptor))
    return NULL;
  char name[procNameBytesMax], link[linkBytesMax];
  size_t length;
  struct stat entry;
  struct statx file;
  snprintf(name, sizeof name, "fd/%d", descriptor);
  if (!proc_entry(pid, name, &entry) || !proc_link(pid, name, link, sizeof link, &length) ||
      !proc_target(pid, name, &file))
    return give_nothing(env);
  return describe(env, &file, &entry, link);
}
