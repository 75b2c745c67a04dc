/* SPDX-License-Identifier: Apache-2.0 */
/* Logarithm and inverse square root in fixed point, in the reference's order of operations, because every rounding is
 * part of the result. Source: tensorflow/lite/kernels/internal/common.h. */
#include "ek_fixed_point.h"

#define INPUT_BITS 12 /* integer bits of the argument */
#define SUM_BITS 6    /* and of the sum, one more than the result has */

static int32_t wrapping_subtract(int32_t a, int32_t b) { return (int32_t)((uint32_t)a - (uint32_t)b); }

static int32_t saturate(int64_t value) {
  return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

/* (a + b) / 2, half away from zero. */
static int32_t rounding_half_sum(int32_t a, int32_t b) {
  const int64_t sum = (int64_t)a + b;
  return (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
}

int32_t ek_log_of_sum(int32_t a) {
  /* Q0.31, with t = 2^(1/4): log 2, 1/t, √½, ¼ in Q6.25, 11/240·t, 1/20·t, 2/t − t, 1/4·t. */
  const int32_t log_2 = 1488522236;
  const int32_t sqrt_sqrt_half = 1805811301;
  const int32_t sqrt_half = 1518500250;
  const int32_t quarter = 1 << 23;
  const int32_t alpha_n = 117049297;
  const int32_t alpha_d = 127690142;
  const int32_t alpha_i = 1057819769;
  const int32_t alpha_f = 638450708;
  if (a <= 0) {
    return 0; /* not a sum of exponentials, the largest of which is 1 */
  }
  /* a = 2^power · r with r near 2^(−1/4): of two candidates the one that lies in [√½, 1). */
  const int32_t a_zeros = __builtin_clz((uint32_t)a);
  const int32_t r_a = ek_saturating_shift_left(
      ek_doubling_high_multiply(ek_saturating_shift_left(a, a_zeros - 1), sqrt_half), 1);
  const int32_t power_a =
      saturate((int64_t)ek_saturating_shift_left(INPUT_BITS - a_zeros, 31 - SUM_BITS) + quarter);
  const int32_t b = ek_doubling_high_multiply(a, sqrt_half);
  const int32_t b_headroom = (b == 0 ? 32 : __builtin_clz((uint32_t)b)) - 1;
  const int32_t r_b = ek_saturating_shift_left(a, b_headroom);
  const int32_t power_b =
      saturate((int64_t)ek_saturating_shift_left(INPUT_BITS - b_headroom, 31 - SUM_BITS) - quarter);
  const int32_t r = r_a < r_b ? r_a : r_b;
  const int32_t power = power_a > power_b ? power_a : power_b;
  /* log r is a rational function of q = 2·(r − 2^(−1/4)). */
  const int32_t p = rounding_half_sum(r, sqrt_sqrt_half);
  const int32_t half_q = wrapping_subtract(r, sqrt_sqrt_half);
  const int32_t q = ek_wrapping_add(half_q, half_q);
  const int32_t q2 = ek_doubling_high_multiply(q, q);
  const int32_t numerator =
      ek_wrapping_add(ek_doubling_high_multiply(q, r),
                      ek_doubling_high_multiply(ek_doubling_high_multiply(q, q2), alpha_n));
  const int32_t inner = ek_wrapping_add(ek_wrapping_add(alpha_i, q), ek_doubling_high_multiply(alpha_d, q2));
  const int32_t denominator_minus_one =
      ek_wrapping_add(ek_doubling_high_multiply(p, inner), ek_doubling_high_multiply(alpha_f, q));
  const int32_t log_r = ek_doubling_high_multiply(ek_rounding_shift_right(numerator, SUM_BITS),
                                                  ek_reciprocal_of_one_plus(denominator_minus_one));
  return ek_saturating_shift_left(ek_wrapping_add(ek_doubling_high_multiply(power, log_2), log_r), 1);
}

ek_multiplier_t ek_inverse_sqrt(int32_t a) {
  if (a <= 1) {
    const ek_multiplier_t one = {INT32_MAX, 0};
    return one;
  }
  int32_t right_shift = 11;
  while (a >= 1 << 29) {
    a /= 4;
    ++right_shift;
  }
  const int32_t pairs = (__builtin_clz((uint32_t)a) - 1) / 2 - 1;
  right_shift -= pairs;
  a <<= 2 * pairs;
  /* Five steps of Newton-Raphson from x = 1 in Q3.28: x ← 3/2·x − a/2·x³. */
  const int32_t half_a = ek_rounding_shift_right(a >> 1, 1);
  const int32_t three_halves = (1 << 28) + (1 << 27);
  int32_t x = 1 << 28;
  for (int32_t i = 0; i < 5; ++i) {
    const int32_t x3 =
        ek_saturating_shift_left(ek_doubling_high_multiply(ek_doubling_high_multiply(x, x), x), 6);
    x = ek_saturating_shift_left(
        wrapping_subtract(ek_doubling_high_multiply(three_halves, x), ek_doubling_high_multiply(half_a, x3)), 3);
  }
  x = ek_doubling_high_multiply(x, 1518500250); /* √½ */
  ek_multiplier_t result = {x, -right_shift};
  if (right_shift < 0) {
    result.multiplier = ek_wrapping_shift_left(x, -right_shift);
    result.shift = 0;
  }
  return result;
}
