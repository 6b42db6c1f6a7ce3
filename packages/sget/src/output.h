// Bytes that go out whole.
#pragma once
#include "failures.h"
#include "buffer.h"

/** Writes all of it, also to what is not of the blocking kind. OUTPUT_FAILED where somebody is not there to take it. */
enum failure output_all(int descriptor, struct slice bytes);
