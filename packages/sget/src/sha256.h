// SHA-256 (FIPS 180-4), for the fingerprint of a command line.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { SHA256_BLOCK_BYTES = 64, SHA256_WORDS = 8, SHA256_HEX_BYTES = 64 };

/** A hash under way. */
struct sha256 {
  uint32_t state[SHA256_WORDS];
  uint64_t bytes;
  uint8_t block[SHA256_BLOCK_BYTES];
};

void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *bytes, size_t length);

/** Ends the hash, and writes it as lower-case digits and a NUL. */
void sha256_hex(struct sha256 *hash, char hex[static SHA256_HEX_BYTES + 1]);
