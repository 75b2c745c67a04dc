/* SPDX-License-Identifier: Apache-2.0 */
/* exp(x) = 2^y with y = x·log2(e) = n + f, n an integer and |f| ≤ 1/2, and 2^f = 1 + f·p(f).
 * y is held with 32 fractional bits, so the relative error of 2^y is about 2^-31. Close to 0, where exp(x) − 1
 * cancels, n is 0 and f·p(f) is the answer itself, with f in full relative precision. */
#include "ek_exp_core.h"
#include "ek_math.h"

/* log2(e) in Q1.63, in two words. */
#define LOG2_E_HIGH 0xB8AA3B29u
#define LOG2_E_LOW 0x5C17F0BCu

typedef struct {
  uint64_t product; /* y = |x|·log2(e) is product · 2^exponent */
  int32_t exponent;
  int32_t n;  /* the nearest integer to ±y */
  uint32_t f; /* |±y − n| in Q0.32 */
  bool f_is_negative;
} split_t;

/* For x below 2^8. */
static split_t split(ek_parts_t x, bool is_negative) {
  split_t s;
  s.product = (uint64_t)x.mantissa * LOG2_E_HIGH + ek_high_product(x.mantissa, LOG2_E_LOW);
  s.exponent = x.exponent - 31;
  const int32_t drop = -32 - s.exponent; /* to 32 fractional bits */
  const uint64_t fixed = drop > 63 ? 0u : s.product >> drop;
  s.n = (int32_t)((fixed + 0x80000000u) >> 32);
  const int64_t rest = (int64_t)(fixed - ((uint64_t)(uint32_t)s.n << 32));
  s.f = (uint32_t)(rest < 0 ? -rest : rest);
  s.f_is_negative = (rest < 0) != is_negative;
  s.n = is_negative ? -s.n : s.n;
  return s;
}

/* (2^±f − 1) / ±f in Q0.32: a polynomial that is off by less than 2^-32. */
static uint32_t slope(uint32_t f, bool f_is_negative) {
  static const uint32_t coefficients[6] = {0x000A2200u, 0x005761E8u, 0x02765437u,
                                           0x0E35846Cu, 0x3D7F7C09u, 0xB17217F8u};
  uint32_t sum = 0x000100A6u;
  if (f_is_negative) {
    for (uint32_t i = 0; i < 6u; ++i) {
      sum = coefficients[i] - ek_high_product(sum, f);
    }
  } else {
    for (uint32_t i = 0; i < 6u; ++i) {
      sum = coefficients[i] + ek_high_product(sum, f);
    }
  }
  return sum;
}

/* 2^f in Q1.32, in [0.7, 1.42]. */
static uint64_t power(const split_t *s) {
  const uint32_t step = ek_high_product(s->f, slope(s->f, s->f_is_negative));
  return s->f_is_negative ? (1ull << 32) - step : (1ull << 32) + step;
}

ek_parts_t ek_expm1_parts(ek_parts_t x, bool is_negative) {
  const split_t s = split(x, is_negative);
  if (s.n == 0) {
    const ek_parts_t y = ek_normalise_u64(s.product, s.exponent);
    return ek_normalise_u64((uint64_t)y.mantissa * slope(s.f, s.f_is_negative), y.exponent - 32);
  }
  const uint64_t p = power(&s);
  if (s.n > 30) { /* the 1 is below the last bit */
    return ek_normalise_u64(p, s.n - 32);
  }
  if (s.n > 0) {
    return ek_normalise_u64((p << s.n) - (1ull << 32), -32);
  }
  return ek_normalise_u64((1ull << 32) - (s.n < -33 ? 0u : p >> -s.n), -32);
}

float ek_expf(float x) {
  const uint32_t bits = ek_float_bits(x);
  const uint32_t magnitude = bits & ~EK_SIGN_BIT;
  const bool is_negative = magnitude != bits;
  if (magnitude >= 0x42D00000u) { /* 104: exp(−104) rounds to 0 */
    return magnitude > EK_FLOAT_INFINITY ? x : is_negative ? 0.0f : ek_bits_float(EK_FLOAT_INFINITY);
  }
  if (magnitude < 0x33000000u) { /* 2^-25 */
    return 1.0f;
  }
  const split_t s = split(ek_float_split(bits), is_negative);
  return ek_float_join(0u, ek_normalise_u64(power(&s), s.n - 32));
}

float ek_expm1f(float x) {
  const uint32_t bits = ek_float_bits(x);
  const uint32_t magnitude = bits & ~EK_SIGN_BIT;
  const bool is_negative = magnitude != bits;
  if (magnitude >= 0x42D00000u) {
    return magnitude > EK_FLOAT_INFINITY ? x : is_negative ? -1.0f : ek_bits_float(EK_FLOAT_INFINITY);
  }
  if (magnitude < 0x33000000u) {
    return x;
  }
  return ek_float_join(bits & EK_SIGN_BIT, ek_expm1_parts(ek_float_split(bits), is_negative));
}

float ek_logisticf(float x) {
  if (x > 16.619047164916992f) {
    return 1.0f;
  }
  return x < -9.0f ? ek_expf(x) : 1.0f / (1.0f + ek_expf(-x));
}
