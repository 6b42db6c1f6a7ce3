// Memory for values and passphrases: locked, left out of core dumps, wiped when released.
#pragma once
#include "failures.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct secret {
  uint8_t *bytes;
  size_t length;
  size_t capacity;
};

/** Makes room for at least so many bytes; what is there already stays. Fails where memory cannot be locked. */
enum failure secret_reserve(struct secret *secret, size_t capacity);

/** Forgets what is there but keeps the room. */
void secret_clear(struct secret *secret);

/** Wipes and gives the memory back. */
void secret_release(struct secret *secret);

/**
 * In a child of fork(2), which shares all of it with its parent but not the locks: locks it, too. The parent's locks must
 * last until then.
 */
bool secrets_lock_again(void);

/** In a child of fork(2): gives all of it up without wiping it, since it is the parent's. */
void secrets_leave(void);
