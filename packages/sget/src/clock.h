// The time.
#pragma once
#include <stdint.h>

/** CLOCK_MONOTONIC, ms: a clock that somebody sets must neither shorten nor lengthen what is waited for. */
uint64_t clock_ms(void);
