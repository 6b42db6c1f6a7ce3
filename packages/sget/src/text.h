// What counts as text: strict UTF-8, and what may be shown to a human.
#pragma once
#include "buffer.h"

/** One code point (RFC 3629: nothing overlong, no surrogate); false, consuming nothing, where there is none. */
bool text_next(struct reader *from, uint32_t *point);

bool text_is_utf8(struct slice text);

/** What is invisible, moves the cursor or reorders what stands around it: a prompt with it in could lie. */
bool text_is_unprintable(uint32_t point);
