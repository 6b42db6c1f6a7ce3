// Frames: their heads, and writing them.
#include "frame.h"
#include "limits.h"

enum malformation frame_head(const uint8_t bytes[static FRAME_HEAD_BYTES], struct head *head)
{
  struct reader from = {bytes, FRAME_HEAD_BYTES};
  uint64_t length = 0, type = 0, id = 0;
  reader_number(&from, FRAME_LENGTH_BYTES, &length);
  reader_number(&from, 1, &type);
  reader_number(&from, 4, &id);
  if (length < FRAME_HEAD_BYTES - FRAME_LENGTH_BYTES) return MALFORMED_SHORT;
  if (length > FRAME_BYTES_MAX) return MALFORMED_OVERSIZE;
  const struct message *message = message_of_type((uint8_t)type);
  if (!message) return MALFORMED_UNKNOWN_TYPE;
  if (!message_carries_secret(message) && length > PLAIN_FRAME_BYTES_MAX) return MALFORMED_OVERSIZE;
  *head = (struct head){message, (uint32_t)id, length - (FRAME_HEAD_BYTES - FRAME_LENGTH_BYTES)};
  return WELL_FORMED;
}

size_t frame_begin(struct writer *into, uint8_t type, uint32_t id)
{
  size_t start = into->length;
  writer_number(into, FRAME_LENGTH_BYTES, 0);
  writer_number(into, 1, type);
  writer_number(into, 4, id);
  return start;
}

void frame_end(struct writer *into, size_t start, size_t secret_bytes)
{
  if (into->full) return;
  writer_number_at(into, start, FRAME_LENGTH_BYTES, into->length - start - FRAME_LENGTH_BYTES + secret_bytes);
}
