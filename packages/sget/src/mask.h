// Text in, masked text out: each value, however it is written, becomes its label, and every other byte stays.
//
// One set of patterns serves several masks. For each stream:
//
//   mask_open; then until the end: mask_room, read(2) into it, mask_add; mask_next and mask_taken for as long as there is
//   something; again at mask_wake_ms after mask_look; mask_end after the last byte, mask_next; mask_close.
#pragma once
#include "hold.h"
#include "matcher.h"

enum {
  /** Room for so many bytes at least, once all that may go has gone. */
  MASK_ROOM_BYTES = 64 * 1024,
};

struct mask {
  const struct patterns *patterns;
  enum output output;
  struct matcher matcher;
  /** The bytes that are held, in locked memory, from `begin` on. */
  struct secret window;
  size_t begin;
  /** Positions in the stream: of the first byte of the window, up to where bytes may go, and where lines end that may. */
  uint64_t base, released, lines;
  /** When the first byte that is held came, the newest came, and when to look again. */
  uint64_t since_ms, newest_ms, wake_ms;
  bool is_ended;
  /** The label that is being written, or no bytes. */
  struct slice label;
};

/** Begins a stream. The patterns stay the caller's, and nothing is added to them any more. */
enum failure mask_open(struct mask *mask, struct patterns *patterns, enum output output);

/**
 * Where the next bytes of the stream are to be put, and how many: none while too much is waiting to be taken.
 * The memory is locked; it stays where it is until the next call of any function.
 */
enum failure mask_room(struct mask *mask, uint8_t **at, size_t *capacity);

/** So many bytes have been put there. */
void mask_add(struct mask *mask, size_t count, uint64_t now_ms);

/** Time has passed. */
void mask_look(struct mask *mask, uint64_t now_ms);

/** When mask_look may release something although nothing has come, ms, or HOLD_FOR_EVER. */
uint64_t mask_wake_ms(const struct mask *mask);

/** Nothing more comes: all that is held may be taken. */
void mask_end(struct mask *mask);

/** The next bytes that may go out; false where there are none. They stay where they are until mask_taken. */
bool mask_next(struct mask *mask, struct slice *bytes);

/** So many bytes of what mask_next gave are written. */
void mask_taken(struct mask *mask, size_t count);

/** Wipes and forgets. */
void mask_close(struct mask *mask);
