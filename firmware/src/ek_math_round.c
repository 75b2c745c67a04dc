/* SPDX-License-Identifier: Apache-2.0 */
/* Differences between a number and its integer part are exact, so all of these are. */
#include "ek_float_parts.h"
#include "ek_math.h"

float ek_truncf(float x) {
  const uint32_t bits = ek_float_bits(x);
  const uint32_t biased = (bits >> 23) & 0xFFu;
  if (biased < 127u) {
    return ek_bits_float(bits & EK_SIGN_BIT);
  }
  if (biased >= 127u + 23u) {
    return x;
  }
  return ek_bits_float(bits & ~(0x7FFFFFu >> (biased - 127u)));
}

float ek_floorf(float x) {
  const float whole = ek_truncf(x);
  return whole > x ? whole - 1.0f : whole;
}

float ek_ceilf(float x) {
  const float whole = ek_truncf(x);
  return whole < x ? whole + 1.0f : whole;
}

float ek_roundf(float x) {
  const float low = ek_floorf(x);
  const float rest = x - low;
  const float half = 0.5f * low; /* a whole number where low is even */
  return rest < 0.5f || (rest == 0.5f && ek_truncf(half) == half) ? low : low + 1.0f;
}

float ek_round_half_away(float x) {
  const float whole = ek_truncf(x);
  const float rest = x - whole;
  return rest >= 0.5f ? whole + 1.0f : rest <= -0.5f ? whole - 1.0f : whole;
}
