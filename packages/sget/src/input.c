// Standard input, whole.
#include "input.h"
#include "limits.h"
#include <errno.h>
#include <unistd.h>

enum failure input_read(struct secret *into)
{
  enum { FIRST_BYTES = 16 * 1024 };
  enum failure failure = secret_reserve(into, FIRST_BYTES);
  while (!failure) {
    ssize_t count = read(STDIN_FILENO, into->bytes + into->length, into->capacity - into->length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return INPUT_FAILED;
    if (count == 0) return OK;
    into->length += (size_t)count;
    // One byte beyond what is allowed shows that there is too much.
    if (into->length > VALUE_BYTES_MAX) return VALUE_TOO_LARGE;
    if (into->length == into->capacity) failure = secret_reserve(into, 2 * into->capacity);
  }
  return failure;
}
