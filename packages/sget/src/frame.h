// Frames: u32 length, u8 type, u32 request id, then the message's fields. The length counts what follows it.
#pragma once
#include "buffer.h"
#include "decode.h"
#include "messages.h"

enum { FRAME_LENGTH_BYTES = 4, FRAME_HEAD_BYTES = 9 };

/** What the first bytes of a frame say, after length, limit and type have been checked, in this order. */
struct head {
  const struct message *message;
  uint32_t id;
  size_t body_bytes;
};

/** A whole frame as it came; its fields are checked already. */
struct frame {
  uint8_t type;
  uint32_t id;
  struct reader body;
};

enum malformation frame_head(const uint8_t bytes[static FRAME_HEAD_BYTES], struct head *head);

/** Begins a frame. Returns where it starts, for `frame_end`. */
size_t frame_begin(struct writer *into, uint8_t type, uint32_t id);

/** Ends the frame that starts there; `secret_bytes` more will follow it from elsewhere. */
void frame_end(struct writer *into, size_t start, size_t secret_bytes);
