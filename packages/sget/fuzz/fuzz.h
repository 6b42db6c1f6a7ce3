// What libFuzzer calls (https://llvm.org/docs/LibFuzzer.html), and how a harness says that something may not be.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/** Ends the program, which libFuzzer tells as a crash and keeps the input of. */
#define must(condition) ((condition) ? (void)0 : (fprintf(stderr, "must: %s\n", #condition), abort()))
