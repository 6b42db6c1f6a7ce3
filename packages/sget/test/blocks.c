// Vector files.
#include "blocks.h"
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static void give_up(const char *why, const char *what)
{
  fprintf(stderr, "%s: %s\n", why, what);
  exit(2);
}

struct blocks *blocks_open(const char *path)
{
  struct blocks *blocks = calloc(1, sizeof *blocks);
  if (!blocks) abort();
  blocks->file = fopen(path, "r");
  if (!blocks->file) give_up("cannot read", path);
  if (fscanf(blocks->file, "vectors: %31s\n", blocks->kind) != 1) give_up("no file of vectors", path);
  return blocks;
}

static int digit_of(char character)
{
  const char *digits = "0123456789abcdef";
  const char *found = character ? strchr(digits, character) : NULL;
  return found ? (int)(found - digits) : -1;
}

static void resize(struct block *block, size_t capacity)
{
  block->bytes = realloc(block->bytes, capacity > 0 ? capacity : 1);
  if (!block->bytes) abort();
}

static void add_hex(struct block *block, const char *line)
{
  resize(block, block->length + strlen(line));
  for (const char *at = line; *at; at++) {
    if (*at == ' ') continue;
    int high = digit_of(at[0]), low = digit_of(at[1]);
    if (high < 0 || low < 0) give_up("not hex", line);
    block->bytes[block->length++] = (uint8_t)(high << 4 | low);
    at++;
  }
}

static void take_line(struct block *block, const char *line)
{
  static const char comment[] = "comment: ", expect[] = "expect: ";
  if (strncmp(line, comment, strlen(comment)) == 0) block->comment = strdup(line + strlen(comment));
  else if (strncmp(line, expect, strlen(expect)) == 0) block->expect = strdup(line + strlen(expect));
  else add_hex(block, line);
}

bool blocks_next(struct blocks *blocks, struct block *block)
{
  char *line = NULL;
  size_t capacity = 0;
  ssize_t length;
  *block = (struct block){0};
  while ((length = getline(&line, &capacity, blocks->file)) >= 0) {
    if (length > 0 && line[length - 1] == '\n') line[length - 1] = '\0';
    if (*line == '\0' && block->comment) break;
    if (*line != '\0' && *line != '#') take_line(block, line);
  }
  free(line);
  // No byte to spare: the sanitizer sees whoever reads beyond.
  resize(block, block->length);
  if (block->comment && !block->expect) give_up("no expectation", block->comment);
  if (!block->comment) block_free(block);
  return block->comment != NULL;
}

void block_free(struct block *block)
{
  free(block->comment);
  free(block->expect);
  free(block->bytes);
  *block = (struct block){0};
}

void blocks_close(struct blocks *blocks)
{
  fclose(blocks->file);
  free(blocks);
}
