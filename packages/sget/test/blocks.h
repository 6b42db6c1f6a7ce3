// Vector files: `vectors: KIND`, then blocks of `comment:`, `expect:` and lines of hex, parted by blank lines.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct blocks {
  FILE *file;
  char kind[32];
};

/** One block. */
struct block {
  char *comment, *expect;
  uint8_t *bytes;
  size_t length;
};

/** Ends the program where the file is no vector file. */
struct blocks *blocks_open(const char *path);

bool blocks_next(struct blocks *blocks, struct block *block);
void block_free(struct block *block);
void blocks_close(struct blocks *blocks);
