// Looks through what a descriptor gives.
#include "scan.h"
#include "limits.h"
#include "redact.h"

void scan_begin(struct scan *scan, struct sought *sought)
{
  *scan = (struct scan){.sought = sought, .bytes_left = SCAN_BYTES_MAX};
}

/** It is enough to count. */
static enum failure let_go(void *context, struct slice bytes)
{
  (void)context, (void)bytes;
  return OK;
}

/** Reads to the end, or to a bound. */
static enum failure read_on(struct scan *scan, struct redaction *redaction, int file, uint64_t bytes_max)
{
  enum failure failure = OK;
  size_t count = 1;
  while (!failure && count > 0 && bytes_max > 0 && scan->bytes_left > 0) {
    uint64_t wanted = bytes_max < scan->bytes_left ? bytes_max : scan->bytes_left;
    failure = redact_read(redaction, file, wanted, &count);
    if (failure) return failure;
    bytes_max -= count;
    scan->bytes_left -= count;
    scan->bytes_read += count;
    if (sought_total(scan->sought) >= SCAN_FOUND_MAX) return OK;
  }
  return failure;
}

enum failure scan_descriptor(struct scan *scan, int file, uint64_t bytes_max, enum scanned *result)
{
  struct redaction redaction;
  enum failure failure = redact_begin(&redaction, scan->sought, let_go, NULL);
  if (failure) return failure;
  failure = read_on(scan, &redaction, file, bytes_max);
  enum failure ending = redact_end(&redaction);
  *result = failure == INPUT_FAILED ? SCAN_UNREADABLE : scan->bytes_left == 0 ? SCAN_CUT : SCANNED;
  return failure == INPUT_FAILED ? ending : failure ? failure : ending;
}
