// Looks through the environments and command lines of the user's processes.
#define _GNU_SOURCE // O_PATH
#include "processes.h"
#include "report.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  /** Ancestors that are looked at for one that is spared. */
  ANCESTORS_MAX = 64,
  /** Of /proc/PID/stat: a name of at most 64 bytes and some numbers stand before what we want. */
  STAT_BYTES_MAX = 512,
};

static bool is_number(const char *name)
{
  return name[0] > '0' && name[0] <= '9' && strspn(name, "0123456789") == strlen(name) && strlen(name) < 10;
}

/** The fourth field of proc_pid_stat(5), behind the last parenthesis; 0 where there is no such process. */
static int parent_of(int processes, int pid)
{
  char path[32], text[STAT_BYTES_MAX];
  snprintf(path, sizeof path, "%d/stat", pid);
  int file = openat(processes, path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  if (count <= 0) return 0;
  text[count] = '\0';
  const char *end = strrchr(text, ')');
  return end && strlen(end) > 4 ? (int)strtol(end + 4, NULL, 10) : 0;
}

static bool is_listed(const struct look *look, int pid)
{
  for (size_t i = 0; i < look->spared_count; i++)
    if (look->spared[i] == pid) return true;
  return false;
}

/** Whether a process, or one above it, is spared. */
static bool is_spared(const struct look *look, int processes, int pid)
{
  for (int i = 0; look->spared_count > 0 && pid > 1 && i < ANCESTORS_MAX; i++) {
    if (is_listed(look, pid)) return true;
    pid = parent_of(processes, pid);
  }
  return false;
}

static enum failure look_at(struct look *look, int process, const char *file, const char *kind, int pid)
{
  char program[PATH_BYTES_MAX];
  int descriptor = openat(process, file, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return OK;
  ssize_t length = readlinkat(process, "exe", program, sizeof program - 1);
  program[length > 0 ? length : 0] = '\0';
  enum failure failure = look_through(look, descriptor, PROCESS_BYTES_MAX, kind, program, pid);
  close(descriptor);
  return failure;
}

/** Through one descriptor, so that both files and the name are of the same process. */
static enum failure visit(struct look *look, int processes, const char *name)
{
  struct stat seen;
  int pid = atoi(name);
  if (pid == getpid() || pid == getppid()) return OK;
  int process = openat(processes, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (process < 0) return OK;
  enum failure failure = OK;
  if (fstat(process, &seen) == 0 && seen.st_uid == geteuid() && !is_spared(look, processes, pid)) {
    failure = look_at(look, process, "environ", "environment", pid);
    if (!failure) failure = look_at(look, process, "cmdline", "arguments", pid);
  }
  close(process);
  return failure;
}

enum failure processes_look(struct look *look)
{
  enum failure failure = OK;
  DIR *entries = opendir("/proc");
  if (!entries) {
    look_limited(look, limit_unreadable);
    return OK;
  }
  for (struct dirent *entry; !failure && (entry = readdir(entries));) {
    if (!is_number(entry->d_name)) continue;
    if (!look_takes_entry(look) || look_is_over(look)) break;
    failure = visit(look, dirfd(entries), entry->d_name);
  }
  closedir(entries);
  return failure;
}
