/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_floor_division.h"

#include <stdint.h>
#include <string.h>

#define SIGN 0x80000000u
#define INFINITE 0x7F800000u

float ek_floor_float32(float value) {
  const float all_whole = 8388608.0f; /* from 2^23 on there are no fractions; NaN takes this way as well */
  if (!(value > -all_whole && value < all_whole) || value == 0.0f) {
    return value;
  }
  const float whole = (float)(int32_t)value; /* towards zero */
  return whole > value ? whole - 1.0f : whole;
}

/* Mantissa and exponent of the bits of a positive float: value = mantissa · 2^exponent. */
static uint32_t split(uint32_t bits, int32_t *exponent) {
  const uint32_t biased = bits >> 23;
  *exponent = biased == 0u ? 1 : (int32_t)biased;
  return (bits & 0x7FFFFFu) | (biased == 0u ? 0u : 0x800000u);
}

float ek_remainder_float32(float a, float b) {
  uint32_t a_bits;
  uint32_t b_bits;
  memcpy(&a_bits, &a, sizeof a_bits);
  memcpy(&b_bits, &b, sizeof b_bits);
  const uint32_t sign = a_bits & SIGN;
  a_bits &= ~SIGN;
  b_bits &= ~SIGN;
  if (a_bits >= INFINITE || b_bits > INFINITE || b_bits == 0u) {
    return (a - a) / (b - b); /* NaN: a − a is, or b − b is 0 or NaN */
  }
  if (a_bits < b_bits) {
    return a;
  }
  int32_t exponent;
  int32_t b_exponent;
  uint32_t rest = split(a_bits, &exponent);
  const uint32_t divisor = split(b_bits, &b_exponent);
  /* Long division, a bit at a time; only what is left over counts. */
  for (rest %= divisor; exponent > b_exponent && rest != 0u; --exponent) {
    rest = (rest << 1) % divisor;
  }
  /* Here the exponent is the divisor's, unless nothing is left over. */
  uint32_t bits = 0u;
  if (rest != 0u) {
    while (rest < 0x800000u && exponent > 1) {
      rest <<= 1;
      --exponent;
    }
    bits = rest < 0x800000u ? rest : ((uint32_t)exponent << 23) | (rest & 0x7FFFFFu);
  }
  bits |= sign;
  float result;
  memcpy(&result, &bits, sizeof result);
  return result;
}
