/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "ek_checksum.h"

#define BLOCK_BYTES 64u

static uint32_t rotate(uint32_t x, uint32_t n) { return (x >> n) | (x << (32u - n)); }

/* FIPS 180-4, 6.2.2. The message schedule is kept in 16 words that are renewed as the rounds go on. */
static void compress(uint32_t state[8], const uint8_t block[BLOCK_BYTES]) {
  /* The first 32 bits of the fractional parts of the cube roots of the first 64 primes (4.2.2). */
  static const uint32_t k[64] = {
      0x428a2f98u, 0x71374491u, 0xb5c0fbcfu, 0xe9b5dba5u, 0x3956c25bu, 0x59f111f1u, 0x923f82a4u, 0xab1c5ed5u,
      0xd807aa98u, 0x12835b01u, 0x243185beu, 0x550c7dc3u, 0x72be5d74u, 0x80deb1feu, 0x9bdc06a7u, 0xc19bf174u,
      0xe49b69c1u, 0xefbe4786u, 0x0fc19dc6u, 0x240ca1ccu, 0x2de92c6fu, 0x4a7484aau, 0x5cb0a9dcu, 0x76f988dau,
      0x983e5152u, 0xa831c66du, 0xb00327c8u, 0xbf597fc7u, 0xc6e00bf3u, 0xd5a79147u, 0x06ca6351u, 0x14292967u,
      0x27b70a85u, 0x2e1b2138u, 0x4d2c6dfcu, 0x53380d13u, 0x650a7354u, 0x766a0abbu, 0x81c2c92eu, 0x92722c85u,
      0xa2bfe8a1u, 0xa81a664bu, 0xc24b8b70u, 0xc76c51a3u, 0xd192e819u, 0xd6990624u, 0xf40e3585u, 0x106aa070u,
      0x19a4c116u, 0x1e376c08u, 0x2748774cu, 0x34b0bcb5u, 0x391c0cb3u, 0x4ed8aa4au, 0x5b9cca4fu, 0x682e6ff3u,
      0x748f82eeu, 0x78a5636fu, 0x84c87814u, 0x8cc70208u, 0x90befffau, 0xa4506cebu, 0xbef9a3f7u, 0xc67178f2u};
  uint32_t w[16];
  uint32_t v[8];
  for (uint32_t i = 0; i < 16u; ++i) {
    const uint8_t *b = block + 4u * i;
    w[i] = ((uint32_t)b[0] << 24) | ((uint32_t)b[1] << 16) | ((uint32_t)b[2] << 8) | b[3];
  }
  memcpy(v, state, sizeof v);
  for (uint32_t i = 0; i < 64u; ++i) {
    if (i >= 16u) {
      const uint32_t w15 = w[(i + 1u) & 15u];
      const uint32_t w2 = w[(i + 14u) & 15u];
      const uint32_t s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >> 3);
      const uint32_t s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >> 10);
      w[i & 15u] += s0 + w[(i + 9u) & 15u] + s1;
    }
    const uint32_t e = v[4];
    const uint32_t a = v[0];
    const uint32_t t1 = v[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & v[5]) ^ (~e & v[6])) + k[i] +
                        w[i & 15u];
    const uint32_t t2 =
        (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
    memmove(v + 1, v, 7u * sizeof v[0]);
    v[4] += t1;
    v[0] = t1 + t2;
  }
  for (uint32_t i = 0; i < 8u; ++i) {
    state[i] += v[i];
  }
}

void ek_sha256(const uint8_t *bytes, uint32_t length, uint8_t digest[EK_SHA256_BYTES]) {
  uint32_t state[8] = {0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au,
                       0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u};
  uint8_t block[BLOCK_BYTES];
  uint32_t done = 0u;
  for (; length - done >= BLOCK_BYTES; done += BLOCK_BYTES) {
    compress(state, bytes + done);
  }
  /* The rest, a one bit, zeros, and the length in bits as 64 bits, most significant byte first. */
  const uint32_t rest = length - done;
  memset(block, 0, sizeof block);
  if (rest > 0u) {
    memcpy(block, bytes + done, rest);
  }
  block[rest] = 0x80u;
  if (rest >= BLOCK_BYTES - 8u) {
    compress(state, block);
    memset(block, 0, sizeof block);
  }
  const uint64_t bits = (uint64_t)length * 8u;
  for (uint32_t i = 0; i < 8u; ++i) {
    block[BLOCK_BYTES - 1u - i] = (uint8_t)(bits >> (8u * i));
  }
  compress(state, block);
  for (uint32_t i = 0; i < 8u; ++i) {
    digest[4u * i] = (uint8_t)(state[i] >> 24);
    digest[4u * i + 1u] = (uint8_t)(state[i] >> 16);
    digest[4u * i + 2u] = (uint8_t)(state[i] >> 8);
    digest[4u * i + 3u] = (uint8_t)state[i];
  }
}
