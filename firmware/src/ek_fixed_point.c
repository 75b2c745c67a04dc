/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_fixed_point.h"

/* value · 2^exponent, saturated; exponent > 0. */
static int32_t saturating_shift_left(int32_t value, int32_t exponent) {
  const int32_t limit = INT32_MAX >> exponent;
  if (value > limit) {
    return INT32_MAX;
  }
  if (value < -limit - 1) {
    return INT32_MIN;
  }
  return (int32_t)((uint32_t)value << exponent);
}

/* exp(a) for −1/4 ≤ a < 0 in Q0.31: the Taylor series to the fourth power around −1/8, in gemmlowp's order of
 * operations, because every rounding is part of the result. */
static int32_t exp_near_zero(int32_t a) {
  const int32_t exp_of_minus_eighth = 1895147668;
  const int32_t one_third = 715827883;
  const int32_t x = ek_wrapping_add(a, 1 << 28);
  const int32_t x2 = ek_doubling_high_multiply(x, x);
  const int32_t x3 = ek_doubling_high_multiply(x2, x);
  const int32_t x4 = ek_doubling_high_multiply(x2, x2);
  const int32_t x4_over_4 = ek_rounding_shift_right(x4, 2);
  const int32_t sixths = ek_doubling_high_multiply(ek_wrapping_add(x4_over_4, x3), one_third);
  const int32_t tail = ek_rounding_shift_right(ek_wrapping_add(sixths, x2), 1);
  return ek_wrapping_add(exp_of_minus_eighth,
                         ek_doubling_high_multiply(exp_of_minus_eighth, ek_wrapping_add(x, tail)));
}

int32_t ek_exp_on_negative_with(int32_t a, int32_t integer_bits) {
  /* exp(−2^k) in Q0.31 for k = −2 … 4: the whole quarters of −a pick their factors bit by bit. */
  static const int32_t factors[7] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
  if (a == 0) {
    return INT32_MAX; /* one, as near as Q0.31 comes */
  }
  const int32_t fraction_bits = 31 - integer_bits;
  const int32_t quarter = 1 << (fraction_bits - 2);
  const int32_t a_mod_quarter = (a & (quarter - 1)) - quarter;
  int32_t result = exp_near_zero(saturating_shift_left(a_mod_quarter, integer_bits));
  const int32_t remainder = ek_wrapping_add(a_mod_quarter, (int32_t)(0u - (uint32_t)a));
  for (int32_t k = 0; k < integer_bits + 2; ++k) {
    if ((remainder & (quarter << k)) != 0) {
      result = ek_doubling_high_multiply(result, factors[k]);
    }
  }
  return result;
}

/* 2 / (1 + a) for 0 ≤ a < 1 in Q0.31; the result in Q2.29.
 * Newton-Raphson for the reciprocal of d = (1 + a) / 2 in [1/2, 1), from 48/17 − 32/17·d. */
static int32_t two_over_one_plus(int32_t a) {
  const int32_t half_denominator = (int32_t)(((int64_t)a + INT32_MAX + 1) / 2);
  int32_t x = ek_wrapping_add(1515870810, ek_doubling_high_multiply(half_denominator, -1010580540));
  for (int32_t i = 0; i < 3; ++i) {
    const int32_t error = ek_wrapping_add(1 << 29, -ek_doubling_high_multiply(half_denominator, x));
    x = ek_wrapping_add(x, saturating_shift_left(ek_doubling_high_multiply(x, error), 2));
  }
  return x;
}

int32_t ek_reciprocal_of_one_plus(int32_t a) {
  return saturating_shift_left(two_over_one_plus(a), 1); /* x/2 in Q1.30, then to Q0.31 */
}

int32_t ek_logistic_q4(int32_t a) {
  if (a == 0) {
    return 1 << 30;
  }
  const int32_t below = a > 0 ? -a : a;
  const int32_t positive = ek_reciprocal_of_one_plus(ek_exp_on_negative_with(below, 4));
  return a > 0 ? positive : INT32_MAX - positive;
}

int32_t ek_tanh_q4(int32_t a) {
  if (a == 0) {
    return 0;
  }
  /* tanh(|a|) = 2 / (1 + exp(−2|a|)) − 1; the doubling only moves the point, to Q5.26. */
  const int32_t below = a > 0 ? -a : a;
  const int32_t one = 1 << 29;
  const int32_t positive = saturating_shift_left(
      ek_wrapping_add(two_over_one_plus(ek_exp_on_negative_with(below, 5)), -one), 2);
  return a > 0 ? positive : -positive;
}
