// A regular file, read whole and once.
#define _GNU_SOURCE // st_mtim
#include "regular.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum failure read_content(int descriptor, size_t size, struct secret *content)
{
  enum failure failure = secret_reserve(content, size);
  while (!failure && content->length < size) {
    ssize_t count = read(descriptor, content->bytes + content->length, size - content->length);
    if (count <= 0) return FILE_CHANGED;
    content->length += (size_t)count;
  }
  return failure;
}

/** By the descriptor: the name that it was opened by may lead elsewhere by now. */
static void find_path(int descriptor, char path[static PATH_BYTES_MAX])
{
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, PATH_BYTES_MAX - 1);
  path[length > 0 ? length : 0] = '\0';
}

enum failure regular_read(const char *path, struct regular *file, struct secret *content)
{
  int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return refuse(FILE_UNREADABLE, path);
  bool usable = fstat(descriptor, &file->identity) == 0 && S_ISREG(file->identity.st_mode);
  usable = usable && file->identity.st_size <= DOTENV_BYTES_MAX;
  enum failure failure = FILE_UNREADABLE;
  if (usable) find_path(descriptor, file->path);
  if (usable) failure = read_content(descriptor, (size_t)file->identity.st_size, content);
  close(descriptor);
  return refuse(failure, path);
}

bool regular_is_same(const struct stat *one, const struct stat *other)
{
  return one->st_dev == other->st_dev && one->st_ino == other->st_ino && one->st_size == other->st_size &&
         one->st_mtim.tv_sec == other->st_mtim.tv_sec && one->st_mtim.tv_nsec == other->st_mtim.tv_nsec;
}
