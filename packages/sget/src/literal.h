// What looks like a secret that is in use, by its form alone: nothing that is stored anywhere is compared with it.
#pragma once
#include "buffer.h"

/** What it looks like, for a warning: "a key of AWS". NULL where it looks like nothing of the kind. */
const char *literal_kind(struct slice value);
