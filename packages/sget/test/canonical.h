// What bytes mean, in the canonical text of the vectors.
#pragma once
#include "../src/buffer.h"
#include <stdio.h>

/** Prints what a stream that holds one frame means: `NAME ID FIELD…`, or `refuse WHY`. */
void canonical_frame(FILE *out, struct slice stream);

/** Text between double quotes, with \xNN for what is not printable ASCII. */
void canonical_text(FILE *out, struct slice text);
