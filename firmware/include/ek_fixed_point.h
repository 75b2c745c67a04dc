/* SPDX-License-Identifier: Apache-2.0 */
/* The integer arithmetic that TFLite's quantized kernels are defined by.
 *
 * "Doubling high multiply" is the upper half of 2·a·b, rounded; it is what ARM calls (V)QRDMULH.
 * Source: tensorflow/lite/kernels/internal/common.h and gemmlowp/fixedpoint/fixedpoint.h.
 */
#ifndef EK_FIXED_POINT_H
#define EK_FIXED_POINT_H

#include <stdint.h>

#include "ek_scale.h"

/* (a·b + nudge) / 2^31, where the division truncates and the nudge rounds half away from zero for positive and half
 * up for negative products; saturates in the one case that overflows. */
static inline int32_t ek_doubling_high_multiply(int32_t a, int32_t b) {
  if (a == INT32_MIN && b == INT32_MIN) {
    return INT32_MAX;
  }
  const int64_t product = (int64_t)a * b;
  const int64_t nudge = product >= 0 ? (1ll << 30) : 1ll - (1ll << 30);
  return (int32_t)((product + nudge) / (1ll << 31));
}

/* value / 2^exponent, half away from zero; 0 ≤ exponent ≤ 31. */
static inline int32_t ek_rounding_shift_right(int32_t value, int32_t exponent) {
  const int32_t mask = (int32_t)((1ll << exponent) - 1);
  const int32_t threshold = (mask >> 1) + (value < 0 ? 1 : 0);
  return (value >> exponent) + ((value & mask) > threshold ? 1 : 0);
}

/* value · 2^exponent in two's complement, as the reference does it; exponent ≥ 32 gives 0. */
static inline int32_t ek_wrapping_shift_left(int32_t value, int32_t exponent) {
  return exponent > 31 ? 0 : (int32_t)((uint32_t)value << exponent);
}

/* value · 2^exponent, saturated; 0 ≤ exponent ≤ 31. */
static inline int32_t ek_saturating_shift_left(int32_t value, int32_t exponent) {
  const int32_t limit = INT32_MAX >> exponent;
  if (value > limit) {
    return INT32_MAX;
  }
  if (value < -limit - 1) {
    return INT32_MIN;
  }
  return (int32_t)((uint32_t)value << exponent);
}

/* acc + a in two's complement: sums of hostile models may wrap, never misbehave. */
static inline int32_t ek_wrapping_add(int32_t acc, int32_t a) {
  return (int32_t)((uint32_t)acc + (uint32_t)a);
}

/* value · multiplier.multiplier · 2^(multiplier.shift − 31), rounded twice (MultiplyByQuantizedMultiplier). */
static inline int32_t ek_requantize(int32_t value, ek_multiplier_t multiplier) {
  const int32_t left = multiplier.shift > 0 ? multiplier.shift : 0;
  const int32_t right = multiplier.shift > 0 ? 0 : -multiplier.shift;
  return ek_rounding_shift_right(
      ek_doubling_high_multiply(ek_wrapping_shift_left(value, left), multiplier.multiplier), right);
}

/* The largest left shift that TFLite allows a 64-bit sum. */
#define EK_WIDE_MAX_SHIFT 7

/* The same for the 64-bit sums of int16 kernels: rounded once, half up, with the multiplier rounded to 16 bits.
 * The shift is at most EK_WIDE_MAX_SHIFT; results beyond int32 lose their upper half, as the reference's do. */
static inline int32_t ek_requantize_wide(int64_t value, ek_multiplier_t multiplier) {
  const int32_t reduced =
      multiplier.multiplier < 0x7FFF0000 ? (multiplier.multiplier + (1 << 15)) >> 16 : 0x7FFF;
  const int32_t total_shift = 15 - multiplier.shift;
  const uint64_t product = (uint64_t)value * (uint64_t)reduced + (1ull << (total_shift - 1));
  return (int32_t)(uint32_t)((int64_t)product >> total_shift);
}

static inline int32_t ek_clamp(int32_t value, int32_t low, int32_t high) {
  return value < low ? low : value > high ? high : value;
}

/* exp(a) for a ≤ 0 with so many integer bits (4 or 5) beside the sign; the result in Q0.31. */
int32_t ek_exp_on_negative_with(int32_t a, int32_t integer_bits);

/* exp(a) for a ≤ 0 in Q5.26; the result in Q0.31. */
static inline int32_t ek_exp_on_negative(int32_t a) { return ek_exp_on_negative_with(a, 5); }

/* 1 / (1 + a) for 0 ≤ a < 1, both in Q0.31. */
int32_t ek_reciprocal_of_one_plus(int32_t a);

/* 1 / (1 + exp(-a)) and tanh(a) for a in Q4.27; the results in Q0.31. */
int32_t ek_logistic_q4(int32_t a);
int32_t ek_tanh_q4(int32_t a);

/* log(a) in Q5.26 for a ≥ 1 in Q12.19. */
int32_t ek_log_of_sum(int32_t a);

/* 1 / sqrt(a) for an integer a; at most 1, also for 0 and less. */
ek_multiplier_t ek_inverse_sqrt(int32_t a);

#endif
