// What may be released when.
#include "hold.h"

/** All up to `bytes` from that time on, and before it only `at_once`. */
static struct release later(size_t at_once, size_t bytes, uint64_t at_ms, uint64_t now_ms)
{
  if (bytes <= at_once) return (struct release){at_once, HOLD_FOR_EVER};
  return now_ms < at_ms ? (struct release){at_once, at_ms} : (struct release){bytes, HOLD_FOR_EVER};
}

/**
 * Nothing here may depend on whether what is held looks like a value: who prints guesses and looks when they come out
 * would learn from it how far they are right.
 */
static struct release hold_steady(const struct held *held, size_t bytes, uint64_t now_ms)
{
  size_t beyond = held->bytes > held->spelling_bytes_max ? held->bytes - held->spelling_bytes_max : 0;
  return later(beyond, bytes, held->since_ms + HOLD_STEADY_MS, now_ms);
}

static struct release hold_prompt(const struct held *held, uint64_t now_ms)
{
  bool is_short = held->beginning < HOLD_PROMPT_BYTES_MIN;
  return later(held->decided, is_short ? held->bytes : 0, held->since_ms + HOLD_PROMPT_MS, now_ms);
}

struct release hold(enum output output, const struct held *held, uint64_t now_ms)
{
  if (held->is_ended) return (struct release){held->bytes, HOLD_FOR_EVER};
  switch (output) {
  case OUTPUT_STEADY: return hold_steady(held, held->lines, now_ms);
  case OUTPUT_STEADY_TERMINAL: return hold_steady(held, held->is_further ? held->lines : held->bytes, now_ms);
  case OUTPUT_PROMPT: return hold_prompt(held, now_ms);
  case OUTPUT_WHOLE: break;
  }
  return (struct release){0, HOLD_FOR_EVER};
}
