// A history file that is rewritten.
#define _GNU_SOURCE // st_ctim
#include "history.h"
#include "output.h"
#include "paths.h"
#include "redact.h"
#include "regular.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char history_scrubbed[] = "scrubbed", history_clean[] = "clean", history_changed[] = "changed",
           history_link[] = "link", history_backup_exists[] = "backup-exists", history_unwritable[] = "unwritable";

enum { NAME_BYTES_MAX = 256 };

/** The file, and the two that are made beside it, by names in its folder. */
struct rewriting {
  struct sought *sought;
  int folder, file, backup, fresh;
  struct stat seen;
  char name[NAME_BYTES_MAX], backup_name[NAME_BYTES_MAX], fresh_name[NAME_BYTES_MAX];
};

static bool open_folder(struct rewriting *rewriting, const char *path)
{
  char folder[PATH_BYTES_MAX];
  const char *slash = strrchr(path, '/');
  if (!slash || strlen(path) >= sizeof folder || strlen(slash) > NAME_BYTES_MAX - 16) return false;
  memcpy(folder, path, strlen(path) + 1);
  folder[slash == path ? 1 : slash - path] = '\0';
  snprintf(rewriting->name, sizeof rewriting->name, "%s", slash + 1);
  snprintf(rewriting->backup_name, sizeof rewriting->backup_name, "%.200s.sget-backup", slash + 1);
  snprintf(rewriting->fresh_name, sizeof rewriting->fresh_name, "%.200s.sget-new", slash + 1);
  rewriting->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return rewriting->folder >= 0;
}

/** Another name for the file would keep its old contents, and what it leads to may be anything: neither is ours to write. */
static const char *open_file(struct rewriting *rewriting)
{
  rewriting->file = openat(rewriting->folder, rewriting->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (rewriting->file < 0) return errno == ELOOP ? history_link : history_unwritable;
  if (fstat(rewriting->file, &rewriting->seen) < 0 || !S_ISREG(rewriting->seen.st_mode)) return history_unwritable;
  if (rewriting->seen.st_nlink != 1) return history_link;
  bool is_ours = rewriting->seen.st_uid == geteuid() && rewriting->seen.st_size <= HISTORY_BYTES_MAX;
  return is_ours ? NULL : history_unwritable;
}

static int create(const struct rewriting *rewriting, const char *name)
{
  return openat(rewriting->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static const char *create_both(struct rewriting *rewriting)
{
  rewriting->backup = create(rewriting, rewriting->backup_name);
  if (rewriting->backup < 0) return errno == EEXIST ? history_backup_exists : history_unwritable;
  // Left by one that was killed.
  unlinkat(rewriting->folder, rewriting->fresh_name, 0);
  rewriting->fresh = create(rewriting, rewriting->fresh_name);
  return rewriting->fresh < 0 ? history_unwritable : NULL;
}

static enum failure write_fresh(void *context, struct slice bytes)
{
  return output_all(((const struct rewriting *)context)->fresh, bytes);
}

/** As many bytes as there were: what a shell appends meanwhile shows in the comparison. */
static enum failure copy_through(struct rewriting *rewriting, struct redaction *redaction, struct secret *room)
{
  uint64_t left = (uint64_t)rewriting->seen.st_size;
  enum failure failure = secret_reserve(room, SCAN_ROOM_BYTES);
  while (!failure && left > 0) {
    ssize_t count = read(rewriting->file, room->bytes, left < SCAN_ROOM_BYTES ? (size_t)left : SCAN_ROOM_BYTES);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return FILE_CHANGED;
    struct slice piece = {room->bytes, (size_t)count};
    left -= (uint64_t)count;
    failure = output_all(rewriting->backup, piece);
    if (!failure) failure = redact_add(redaction, piece);
  }
  return failure;
}

static bool rewrite(struct rewriting *rewriting)
{
  struct redaction redaction;
  struct secret room = {0};
  enum failure failure = redact_begin(&redaction, rewriting->sought, write_fresh, rewriting);
  if (failure) return false;
  failure = copy_through(rewriting, &redaction, &room);
  enum failure ending = redact_end(&redaction);
  secret_release(&room);
  return !failure && !ending && fsync(rewriting->backup) == 0;
}

/** A change of what is about the file, such as its owner, counts too. */
static bool is_untouched(const struct stat *one, const struct stat *other)
{
  return regular_is_same(one, other) && one->st_ctim.tv_sec == other->st_ctim.tv_sec &&
         one->st_ctim.tv_nsec == other->st_ctim.tv_nsec;
}

/** Asked for only where it changes something: a service manager may forbid the call altogether. */
static bool give_owner(int file, const struct stat *seen)
{
  struct stat made;
  if (fstat(file, &made) < 0) return false;
  return (made.st_uid == seen->st_uid && made.st_gid == seen->st_gid) || fchown(file, seen->st_uid, seen->st_gid) == 0;
}

/** Looked at as late as can be: a shell that writes between this and the exchange loses a line. */
static const char *exchange(struct rewriting *rewriting)
{
  struct stat now;
  const struct stat *seen = &rewriting->seen;
  if (!give_owner(rewriting->fresh, seen) || fchmod(rewriting->fresh, seen->st_mode & 07777) < 0 ||
      fsync(rewriting->fresh) < 0)
    return history_unwritable;
  if (fstatat(rewriting->folder, rewriting->name, &now, AT_SYMLINK_NOFOLLOW) < 0 || !is_untouched(seen, &now))
    return history_changed;
  if (renameat(rewriting->folder, rewriting->fresh_name, rewriting->folder, rewriting->name) < 0)
    return history_unwritable;
  fsync(rewriting->folder);
  return history_scrubbed;
}

static const char *scrub(struct rewriting *rewriting)
{
  if (!rewrite(rewriting)) return history_unwritable;
  return sought_total(rewriting->sought) > 0 ? exchange(rewriting) : history_clean;
}

/** Closes what is open; what did not come to its end takes its two files with it. */
static void close_all(const struct rewriting *rewriting, bool is_kept)
{
  if (rewriting->backup >= 0 && !is_kept) unlinkat(rewriting->folder, rewriting->backup_name, 0);
  if (rewriting->fresh >= 0 && !is_kept) unlinkat(rewriting->folder, rewriting->fresh_name, 0);
  const int open[] = {rewriting->backup, rewriting->fresh, rewriting->file, rewriting->folder};
  for (size_t i = 0; i < sizeof open / sizeof *open; i++)
    if (open[i] >= 0) close(open[i]);
}

const char *history_scrub(struct sought *sought, const char *path)
{
  struct rewriting rewriting = {.sought = sought, .folder = -1, .file = -1, .backup = -1, .fresh = -1};
  sought_reset(sought);
  if (!open_folder(&rewriting, path)) return history_unwritable;
  const char *state = open_file(&rewriting);
  if (!state) state = create_both(&rewriting);
  if (!state) state = scrub(&rewriting);
  close_all(&rewriting, state == history_scrubbed);
  return state;
}
