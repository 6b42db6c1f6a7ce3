// Memory for values and passphrases: locked, left out of core dumps, wiped when released.
#pragma once
#include "failures.h"
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
