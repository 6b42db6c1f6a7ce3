// Prints the SHA-256 of standard input, taken in pieces of as many bytes as its argument says.
#include "../src/sha256.h"
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments)
{
  static char piece[4096];
  char hex[SHA256_HEX_BYTES + 1];
  struct sha256 hash;
  size_t length, size = count > 1 ? (size_t)atoi(arguments[1]) : sizeof piece;
  if (size == 0 || size > sizeof piece) return 1;
  sha256_begin(&hash);
  while ((length = fread(piece, 1, size, stdin)) > 0) sha256_add(&hash, piece, length);
  sha256_hex(&hash, hex);
  puts(hex);
  return 0;
}
