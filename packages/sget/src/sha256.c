// SHA-256 (FIPS 180-4; the numbers in parentheses are its sections).
#include "sha256.h"
#include <string.h>

enum { ROUNDS = 64, LENGTH_BYTES = 8 };

/** The first 32 bits of the fractions of the square roots of the first eight primes (5.3.3). */
static const uint32_t initial[SHA256_WORDS] = {
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/** The same of the cube roots of the first 64 primes (4.2.2). */
static const uint32_t constants[ROUNDS] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t word, unsigned bits)
{
  return word >> bits | word << (32 - bits);
}

/** The message schedule (6.2.2, step 1). */
static void expand(const uint8_t block[SHA256_BLOCK_BYTES], uint32_t words[ROUNDS])
{
  for (size_t i = 0; i < 16; i++) {
    const uint8_t *at = block + 4 * i;
    words[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
  }
  for (size_t i = 16; i < ROUNDS; i++) {
    uint32_t early = words[i - 15], late = words[i - 2];
    uint32_t low = rotate(early, 7) ^ rotate(early, 18) ^ early >> 3;
    uint32_t high = rotate(late, 17) ^ rotate(late, 19) ^ late >> 10;
    words[i] = high + words[i - 7] + low + words[i - 16];
  }
}

/** One block (6.2.2, steps 2 to 4); the eight working variables a to h stand in `v` in this order. */
static void absorb(struct sha256 *hash)
{
  uint32_t words[ROUNDS], v[SHA256_WORDS];
  expand(hash->block, words);
  memcpy(v, hash->state, sizeof v);
  for (size_t i = 0; i < ROUNDS; i++) {
    uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
    uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    uint32_t first = v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) + choice + constants[i] + words[i];
    uint32_t second = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) + majority;
    memmove(v + 1, v, (SHA256_WORDS - 1) * sizeof *v);
    v[4] += first;
    v[0] = first + second;
  }
  for (size_t i = 0; i < SHA256_WORDS; i++) hash->state[i] += v[i];
}

void sha256_begin(struct sha256 *hash)
{
  memcpy(hash->state, initial, sizeof initial);
  hash->bytes = 0;
}

void sha256_add(struct sha256 *hash, const void *bytes, size_t length)
{
  const uint8_t *from = bytes;
  while (length > 0) {
    size_t filled = hash->bytes % SHA256_BLOCK_BYTES;
    size_t part = SHA256_BLOCK_BYTES - filled < length ? SHA256_BLOCK_BYTES - filled : length;
    memcpy(hash->block + filled, from, part);
    hash->bytes += part;
    from += part;
    length -= part;
    if (filled + part == SHA256_BLOCK_BYTES) absorb(hash);
  }
}

/** A one, zeros, and the length in bits at the end of a block (5.1.1). */
static void pad(struct sha256 *hash)
{
  static const uint8_t one[] = {0x80}, zero[] = {0};
  uint64_t bits = hash->bytes * 8;
  uint8_t length[LENGTH_BYTES];
  for (size_t i = 0; i < LENGTH_BYTES; i++) length[i] = (uint8_t)(bits >> (56 - 8 * i));
  sha256_add(hash, one, sizeof one);
  while (hash->bytes % SHA256_BLOCK_BYTES != SHA256_BLOCK_BYTES - LENGTH_BYTES) sha256_add(hash, zero, sizeof zero);
  sha256_add(hash, length, sizeof length);
}

void sha256_hex(struct sha256 *hash, char hex[static SHA256_HEX_BYTES + 1])
{
  static const char digits[] = "0123456789abcdef";
  pad(hash);
  for (size_t i = 0; i < SHA256_HEX_BYTES; i++) hex[i] = digits[hash->state[i / 8] >> (28 - 4 * (i % 8)) & 15];
  hex[SHA256_HEX_BYTES] = '\0';
}
