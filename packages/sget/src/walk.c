// Looks through files and folders.
#define _GNU_SOURCE // O_NOATIME, st_ctim
#include "walk.h"
#include "ignore.h"
#include "limits.h"
#include "paths.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { OPEN_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };

/** The kernel's time stamps are some milliseconds coarse. */
enum { COARSE_MS = 2000 };

/** Where the walk is. */
struct place {
  const struct walk *walk;
  dev_t device;
  unsigned depth;
  char path[PATH_BYTES_MAX];
};

static enum failure visit_folder(struct place *place, int folder);

/** Only the owner of a file may leave its time of access alone; others may still read it (open(2)). */
static int open_entry(int folder, const char *name, int flags)
{
  int file = openat(folder, name, OPEN_FLAGS | O_NOATIME | flags);
  return file < 0 && errno == EPERM ? openat(folder, name, OPEN_FLAGS | flags) : file;
}

/** What went away meanwhile holds nothing any more; what turned into a link leads elsewhere. */
static void note_unopened(const struct walk *walk, int error)
{
  if (error != ENOENT && error != ELOOP && error != ENOTDIR) look_limited(walk->look, limit_unreadable);
}

/** By the time of its last change, which nobody sets back as they can that of its contents. */
static bool is_candidate(const struct walk *walk, const struct stat *seen)
{
  uint64_t changed_ms = (uint64_t)seen->st_ctim.tv_sec * 1000 + (uint64_t)seen->st_ctim.tv_nsec / 1000000;
  return walk->always || changed_ms + COARSE_MS >= walk->look->since_ms;
}

static enum failure visit_file(const struct walk *walk, int folder, const char *name, const char *path)
{
  struct stat seen;
  enum failure failure = OK;
  int file = open_entry(folder, name, 0);
  if (file < 0) {
    note_unopened(walk, errno);
    return OK;
  }
  if (fstat(file, &seen) == 0 && S_ISREG(seen.st_mode)) {
    uint64_t size = (uint64_t)seen.st_size;
    if (size > LOOK_FILE_BYTES_MAX) look_limited(walk->look, limit_bytes);
    failure = look_through(walk->look, file, size < LOOK_FILE_BYTES_MAX ? size : LOOK_FILE_BYTES_MAX, walk->kind, path, 0);
  }
  close(file);
  return failure;
}

static enum failure enter(struct place *place, int above, const char *name)
{
  struct stat seen;
  int folder = open_entry(above, name, O_DIRECTORY);
  if (folder < 0) {
    note_unopened(place->walk, errno);
    return OK;
  }
  bool is_here = fstat(folder, &seen) == 0 && seen.st_dev == place->device;
  if (is_here) return visit_folder(place, folder);
  close(folder);
  return OK;
}

static enum failure visit_entry(struct place *place, int folder, const char *name)
{
  struct stat seen;
  const struct walk *walk = place->walk;
  if (fstatat(folder, name, &seen, AT_SYMLINK_NOFOLLOW) < 0) return OK;
  if (S_ISREG(seen.st_mode)) return is_candidate(walk, &seen) ? visit_file(walk, folder, name, place->path) : OK;
  if (!S_ISDIR(seen.st_mode)) return OK;
  if (place->depth < walk->depth_max) {
    place->depth++;
    enum failure failure = enter(place, folder, name);
    place->depth--;
    return failure;
  }
  look_limited(walk->look, walk->depth_max == 0 ? limit_wide : limit_depth);
  return OK;
}

static bool is_entry(const char *name)
{
  return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/** Goes through the entries of an open folder, which it closes. */
static enum failure visit_folder(struct place *place, int folder)
{
  struct look *look = place->walk->look;
  size_t length = strlen(place->path);
  struct ignored ignored = {0};
  enum failure failure = OK;
  DIR *entries = fdopendir(folder);
  if (!entries) {
    close(folder);
    look_limited(look, limit_unreadable);
    return OK;
  }
  if (place->walk->heeds_ignored && look->skips_ignored) ignored_read(&ignored, folder);
  for (struct dirent *entry; !failure && (entry = readdir(entries));) {
    if (!is_entry(entry->d_name) || ignored_names(&ignored, entry->d_name, entry->d_type == DT_DIR)) continue;
    if (!look_takes_entry(look) || look_is_over(look)) break;
    if (paths_join(place->path, entry->d_name, place->path)) failure = visit_entry(place, folder, entry->d_name);
    else look_limited(look, limit_depth);
    place->path[length] = '\0';
  }
  ignored_release(&ignored);
  closedir(entries);
  return failure;
}

enum failure walk_path(const struct walk *walk, const char *path)
{
  static struct place place;
  struct stat seen;
  if (look_is_over(walk->look) || strlen(path) >= sizeof place.path) return OK;
  if (lstat(path, &seen) < 0) {
    note_unopened(walk, errno);
    return OK;
  }
  place = (struct place){.walk = walk, .device = seen.st_dev};
  memcpy(place.path, path, strlen(path) + 1);
  if (S_ISDIR(seen.st_mode)) return enter(&place, AT_FDCWD, path);
  return S_ISREG(seen.st_mode) && is_candidate(walk, &seen) ? visit_file(walk, AT_FDCWD, path, path) : OK;
}
