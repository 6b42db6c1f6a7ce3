// Memory for values and passphrases.
#include "secret.h"
#include <string.h>
#include <sys/mman.h>

enum { PAGE_BYTES = 4096 };

static uint8_t *locked_pages(size_t length)
{
  void *pages = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return NULL;
  if (mlock(pages, length) == 0 && madvise(pages, length, MADV_DONTDUMP) == 0) return pages;
  munmap(pages, length);
  return NULL;
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
  if (secret->bytes) munmap(secret->bytes, secret->capacity);
  *secret = (struct secret){0};
}
