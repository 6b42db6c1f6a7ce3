// Runs vector files: for every block, what its bytes mean must be what it expects.
#include "../src/failures.h"
#include "../src/paths.h"
#include "../src/ref.h"
#include "../src/variable.h"
#include "blocks.h"
#include "canonical.h"
#include <stdlib.h>
#include <string.h>

static void print_ref(FILE *out, struct slice input)
{
  struct slice path, field;
  if (!ref_parse(input, &path, &field)) {
    fputs("refuse bad-ref", out);
    return;
  }
  fputs("ref ", out);
  canonical_text(out, path);
  fputc(' ', out);
  if (field.bytes) canonical_text(out, field);
  else fputc('-', out);
}

static void print_variable(FILE *out, struct slice input)
{
  fputs(variable_is_safe(input) ? "safe" : "refuse bad-variable", out);
}

/** HOME, NUL, and the folder of --home or nothing. */
static void print_path(FILE *out, struct slice input)
{
  char socket[SOCKET_PATH_BYTES_MAX + 1];
  char *home = calloc(input.length + 2, 1);
  if (!home) abort();
  memcpy(home, input.bytes, input.length);
  const char *instance = home + strlen(home) + 1;
  enum failure failure = paths_socket(home, *instance ? instance : NULL, socket);
  fprintf(out, "%s ", failure ? "refuse" : "socket");
  if (failure) fputs(failure_row(failure)->name, out);
  else canonical_text(out, slice_of(socket));
  free(home);
}

static const struct kind {
  const char *name;
  void (*print)(FILE *out, struct slice input);
} kinds[] = {
  {"frames", canonical_frame},
  {"refs", print_ref},
  {"variables", print_variable},
  {"paths", print_path},
};

static const struct kind *kind_named(const char *name)
{
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strcmp(kinds[i].name, name) == 0) return &kinds[i];
  fprintf(stderr, "unknown kind of vectors: %s\n", name);
  exit(2);
}

static bool passes(const struct kind *kind, const struct block *block)
{
  char *actual = NULL;
  size_t length = 0;
  FILE *out = open_memstream(&actual, &length);
  if (!out) abort();
  kind->print(out, (struct slice){block->bytes, block->length});
  fclose(out);
  bool same = strcmp(actual, block->expect) == 0;
  if (!same) fprintf(stderr, "%s: expected %s\n  but it is %s\n", block->comment, block->expect, actual);
  free(actual);
  return same;
}

int main(int count, char **files)
{
  unsigned passed = 0, failed = 0;
  for (int i = 1; i < count; i++) {
    struct blocks *blocks = blocks_open(files[i]);
    struct block block;
    const struct kind *kind = kind_named(blocks->kind);
    while (blocks_next(blocks, &block)) {
      bool same = passes(kind, &block);
      passed += same;
      failed += !same;
      block_free(&block);
    }
    blocks_close(blocks);
  }
  printf("%u passed, %u failed\n", passed, failed);
  return failed > 0 || passed == 0;
}
