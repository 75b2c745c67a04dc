/* SPDX-License-Identifier: Apache-2.0 */
/* sin and cos of x = q·π/2 + r, |r| ≤ π/4: the quarter turn q says which of sin(r), cos(r) it is, and its sign.
 * x/(π/2) mod 4 is a product of x's 24 bits with those 96 bits of 2/π that matter: the ones before give whole turns,
 * the ones behind are too small (Payne and Hanek, "Radian reduction for trigonometric functions", 1983). */
#include "ek_float_parts.h"
#include "ek_math.h"

#define HALF_PI_Q31 0xC90FDAA2u

typedef struct {
  ek_parts_t r; /* |r|; mantissa 0 if r is 0 */
  bool r_is_negative;
  uint32_t quarter;
} angle_t;

/* mantissa · 2^exponent > 1/2, mantissa below 2^24, exponent ≥ −24. */
static angle_t reduce(uint32_t mantissa, int32_t exponent) {
  /* 2/π behind 32 zeros. */
  static const uint32_t two_over_pi[9] = {0u,          0xA2F9836Eu, 0x4E441529u, 0xFC2757D1u, 0xF534DDC0u,
                                          0xDB629599u, 0x3C439041u, 0xFE5163ABu, 0u};
  const uint32_t first = (uint32_t)(exponent + 30);
  const uint32_t *words = two_over_pi + first / 32u;
  const uint32_t shift = first % 32u;
  uint32_t window[3];
  for (uint32_t i = 0; i < 3u; ++i) {
    window[i] = (uint32_t)(((((uint64_t)words[i] << 32) | words[i + 1u]) << shift) >> 32);
  }
  const uint64_t low = (uint64_t)mantissa * window[2];
  const uint64_t middle = (uint64_t)mantissa * window[1] + (low >> 32);
  const uint32_t high = mantissa * window[0] + (uint32_t)(middle >> 32);
  const uint64_t turn = ((uint64_t)high << 32) | (uint32_t)middle; /* quarters in Q2.62 */
  angle_t angle;
  const uint64_t nearest = turn + (1ull << 61);
  const uint64_t rest = turn - (nearest & (3ull << 62));
  angle.quarter = (uint32_t)(nearest >> 62);
  angle.r_is_negative = (rest >> 63) != 0u;
  const ek_parts_t part = ek_normalise_u64(angle.r_is_negative ? 0u - rest : rest, -62);
  angle.r = ek_normalise_u64((uint64_t)part.mantissa * HALF_PI_Q31, part.exponent - 31);
  return angle;
}

/* r in Q0.32, squared. */
static uint32_t square(ek_parts_t r) {
  const uint32_t fixed = r.exponent <= -64 ? 0u : r.mantissa >> (-32 - r.exponent);
  return ek_high_product(fixed, fixed);
}

/* r·(1 − r²/6 + …); the polynomials are off by less than 2^-31. */
static ek_parts_t sine(ek_parts_t r) {
  const uint32_t r2 = square(r);
  uint32_t sum = 0x000D009Du - ek_high_product(0x00002DB8u, r2);
  sum = 0x0222221Cu - ek_high_product(sum, r2);
  sum = 0x2AAAAAABu - ek_high_product(sum, r2);
  const uint32_t drop = ek_high_product(sum, r2);
  return ek_normalise(r.mantissa - ek_high_product(r.mantissa, drop), r.exponent);
}

/* 1 − r²/2 + … */
static ek_parts_t cosine(ek_parts_t r) {
  const uint32_t r2 = square(r);
  uint32_t sum = 0x0001A013u - ek_high_product(0x00000492u, r2);
  sum = 0x005B05AFu - ek_high_product(sum, r2);
  sum = 0x0AAAAAABu - ek_high_product(sum, r2);
  sum = 0x80000000u - ek_high_product(sum, r2);
  return ek_normalise_u64((1ull << 32) - ek_high_product(sum, r2), -32);
}

/* sin(x + quarters·π/2) for x ≥ 0, given as finite bits; `sign` is applied to the result. */
static float sine_of_sum(uint32_t magnitude, uint32_t quarters, uint32_t sign) {
  angle_t angle = {ek_float_split(magnitude), false, 0u};
  if (magnitude > 0x3F490FDAu) { /* π/4 */
    angle = reduce(angle.r.mantissa >> 8, angle.r.exponent + 8);
  }
  const uint32_t quarter = angle.quarter + quarters;
  if ((quarter & 2u) != 0u) {
    sign ^= EK_SIGN_BIT;
  }
  if ((quarter & 1u) != 0u) {
    return ek_float_join(sign, cosine(angle.r));
  }
  return ek_float_join(angle.r_is_negative ? sign ^ EK_SIGN_BIT : sign, sine(angle.r));
}

float ek_sinf(float x) {
  const uint32_t magnitude = ek_float_bits(x) & ~EK_SIGN_BIT;
  if (magnitude >= EK_FLOAT_INFINITY) {
    return ek_bits_float(EK_FLOAT_NAN);
  }
  if (magnitude < 0x39000000u) { /* 2^-13: x²/6 is below half of the last bit */
    return x;
  }
  return sine_of_sum(magnitude, 0u, ek_float_bits(x) & EK_SIGN_BIT);
}

float ek_cosf(float x) {
  const uint32_t magnitude = ek_float_bits(x) & ~EK_SIGN_BIT;
  if (magnitude >= EK_FLOAT_INFINITY) {
    return ek_bits_float(EK_FLOAT_NAN);
  }
  if (magnitude < 0x39000000u) {
    return 1.0f;
  }
  return sine_of_sum(magnitude, 1u, 0u);
}
