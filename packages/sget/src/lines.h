// Lines of a file or pipe, read in bounded pieces.
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { LINES_CHUNK_BYTES = 4096 };

struct lines {
  int descriptor;
  size_t at, end;
  char chunk[LINES_CHUNK_BYTES];
};

/** Begins to read from a descriptor. */
void lines_begin(struct lines *lines, int descriptor);

/** The next line without its newline; false at the end. One of more than `capacity` - 1 bytes reads as empty. */
bool lines_next(struct lines *lines, char *line, size_t capacity);
