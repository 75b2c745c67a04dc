/* SPDX-License-Identifier: Apache-2.0 */
/* log(2^k·m) = k·log(2) + 2·atanh(s) with s = (m − 1) / (m + 1) and m between √½ and √2;
 * atanh(s) = s + s³/3 + s⁵/5 …. Where k is 0 the second term alone is the result, with its full relative precision. */
#include "ek_math.h"

#include "ek_float_parts.h"

#define SQRT_2_Q31 0xB504F334u
#define LOG_2_Q52 0xB17217F7D1CF8ull

/* (atanh(s)/s − 1) / s² in Q0.32 for s² ≤ 0.0295; a polynomial that is off by less than 2^-30. */
static uint32_t tail_of_atanh(uint32_t s_squared) {
  uint32_t sum = 0x1DDD171Eu;
  sum = 0x248B86E8u + ek_high_product(sum, s_squared);
  sum = 0x33333D6Fu + ek_high_product(sum, s_squared);
  return 0x55555553u + ek_high_product(sum, s_squared);
}

float ek_logf(float x) {
  const uint32_t bits = ek_float_bits(x);
  if ((bits & ~EK_SIGN_BIT) == 0u) {
    return ek_bits_float(EK_SIGN_BIT | EK_FLOAT_INFINITY);
  }
  if (bits >= EK_FLOAT_INFINITY) { /* negative, infinite or NaN */
    return bits == EK_FLOAT_INFINITY || x != x ? x : ek_bits_float(EK_FLOAT_NAN);
  }
  const ek_parts_t parts = ek_float_split(bits);
  const bool is_upper = parts.mantissa >= SQRT_2_Q31;
  const int32_t k = parts.exponent + 31 + (is_upper ? 1 : 0);
  const uint64_t m = is_upper ? parts.mantissa : (uint64_t)parts.mantissa << 1; /* Q1.32 */
  const bool is_negative = is_upper;
  const uint32_t numerator = (uint32_t)(is_upper ? (1ull << 32) - m : m - (1ull << 32));
  uint32_t log_m = 0u; /* |log(m)| · 2^(31 + zeros) */
  int32_t zeros = 0;
  if (numerator != 0u) {
    zeros = __builtin_clz(numerator);
    const uint32_t denominator = (uint32_t)((m + (1ull << 32)) >> 2); /* exact: the low 8 bits are 0 */
    const uint32_t s = (uint32_t)(((uint64_t)(numerator << zeros) << 30) / denominator); /* s · 2^(32 + zeros) */
    const uint32_t s_fixed = s >> zeros;
    const uint32_t s_squared = ek_high_product(s_fixed, s_fixed);
    log_m = s + ek_high_product(s, ek_high_product(s_squared, tail_of_atanh(s_squared)));
  }
  if (k == 0) {
    return log_m == 0u ? 0.0f
                       : ek_float_join(is_negative ? EK_SIGN_BIT : 0u, ek_normalise(log_m, -31 - zeros));
  }
  const int64_t small = (int64_t)(((uint64_t)log_m << 21) >> zeros); /* Q52 */
  const int64_t sum = k * (int64_t)LOG_2_Q52 + (is_negative ? -small : small);
  return ek_float_join(sum < 0 ? EK_SIGN_BIT : 0u, ek_normalise_u64((uint64_t)(sum < 0 ? -sum : sum), -52));
}
