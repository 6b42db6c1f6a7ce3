// What may be released when. No clock, no bytes: what is held, the time, and the kind of output decide.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Who reads what is released. */
enum output {
  /** Somebody who waits for all of it. */
  OUTPUT_WHOLE,
  /** A pipe or file. */
  OUTPUT_STEADY,
  /** A terminal that is not known to be a human's: as steady, and lines without an end go out, too. */
  OUTPUT_STEADY_TERMINAL,
  /** A human at a terminal. */
  OUTPUT_PROMPT,
};

enum {
  /** How long steady output waits from the first byte that is held: bursts are looked at together. */
  HOLD_STEADY_MS = 20,
  /** How long a human waits for what may be the beginning of a value, if it is short. */
  HOLD_PROMPT_MS = 50,
  HOLD_PROMPT_BYTES_MIN = 6,
};

/** No wish to be woken. */
#define HOLD_FOR_EVER UINT64_MAX

/** What is held, counted in bytes from the first of them. */
struct held {
  size_t bytes;
  /** How many are complete lines, without the lines that are held back further. */
  size_t lines;
  /** Lines are held back further. */
  bool is_further;
  /** How many come before the first that a value may begin with. Steady output must not depend on it. */
  size_t decided;
  /** How many bytes there are of what a value may begin with, also of those that are released. Nor on this. */
  size_t beginning;
  /** No value takes more bytes than so many. */
  size_t spelling_bytes_max;
  /** When the first of them came, ms. */
  uint64_t since_ms;
  /** Nothing more comes. */
  bool is_ended;
};

struct release {
  /** So many of the bytes that are held may go now. */
  size_t bytes;
  /** When more of them may go even if nothing comes, ms, or HOLD_FOR_EVER. */
  uint64_t wake_ms;
};

/** What may be released now. */
struct release hold(enum output output, const struct held *held, uint64_t now_ms);
