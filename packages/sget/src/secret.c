// Memory for values and passphrases.
#include "secret.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE_BYTES = 4096 };

/** All pages that are locked now, so that a child can lock them again, or leave them. */
struct region {
  void *pages;
  size_t length;
  struct region *next;
};

static struct region *regions;

static void note_region(void *pages, size_t length)
{
  struct region *region = malloc(sizeof *region);
  if (!region) abort();
  *region = (struct region){pages, length, regions};
  regions = region;
}

static void forget_region(const void *pages)
{
  struct region **at = &regions;
  while ((*at)->pages != pages) at = &(*at)->next;
  struct region *region = *at;
  *at = region->next;
  free(region);
}

/** Shared: a fork(2) adds somebody who sees them, and never a second copy. */
static uint8_t *locked_pages(size_t length)
{
  void *pages = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return NULL;
  if (mlock(pages, length) < 0 || madvise(pages, length, MADV_DONTDUMP) < 0) {
    munmap(pages, length);
    return NULL;
  }
  note_region(pages, length);
  return pages;
}

enum failure secret_reserve(struct secret *secret, size_t capacity)
{
  if (secret->bytes && capacity <= secret->capacity) return OK;
  size_t length = (capacity + PAGE_BYTES) / PAGE_BYTES * PAGE_BYTES;
  struct secret larger = {locked_pages(length), secret->length, length};
  if (!larger.bytes) return NO_LOCKED_MEMORY;
  if (secret->length > 0) memcpy(larger.bytes, secret->bytes, secret->length);
  secret_release(secret);
  *secret = larger;
  return OK;
}

void secret_clear(struct secret *secret)
{
  if (secret->bytes) explicit_bzero(secret->bytes, secret->capacity);
  secret->length = 0;
}

void secret_release(struct secret *secret)
{
  secret_clear(secret);
  if (secret->bytes) forget_region(secret->bytes);
  if (secret->bytes) munmap(secret->bytes, secret->capacity);
  *secret = (struct secret){0};
}

bool secrets_lock_again(void)
{
  for (const struct region *region = regions; region; region = region->next)
    if (mlock(region->pages, region->length) < 0) return false;
  return true;
}

void secrets_leave(void)
{
  for (const struct region *region = regions; region; region = region->next) munmap(region->pages, region->length);
  regions = NULL;
}
