/* SPDX-License-Identifier: Apache-2.0 */
/* tanh(x) = E / (E + 2) with E = exp(2x) − 1. */
#include "ek_exp_core.h"
#include "ek_math.h"

float ek_tanhf(float x) {
  const uint32_t bits = ek_float_bits(x);
  const uint32_t magnitude = bits & ~EK_SIGN_BIT;
  const uint32_t sign = bits & EK_SIGN_BIT;
  if (magnitude > EK_FLOAT_INFINITY || magnitude < 0x39000000u) { /* 2^-13: x²/3 is below half of the last bit */
    return x;
  }
  if (magnitude >= 0x41200000u) { /* 10 */
    return ek_bits_float(sign | 0x3F800000u);
  }
  ek_parts_t twice = ek_float_split(bits);
  ++twice.exponent;
  const ek_parts_t e = ek_expm1_parts(twice, false); /* 2^-12 ≤ E < 2^29, so its exponent is below −2 */
  /* E + 2, cut to 32 bits: in units of 2^-31 where E is below 1, with E's own exponent above. */
  const int32_t unit = e.exponent < -31 ? -31 : e.exponent;
  const uint64_t two = 2ull << -unit;
  const ek_parts_t sum = ek_normalise_u64((uint64_t)(e.mantissa >> (unit - e.exponent)) + two, unit);
  const uint64_t quotient = ((uint64_t)e.mantissa << 31) / sum.mantissa;
  return ek_float_join(sign, ek_normalise_u64(quotient, e.exponent - sum.exponent - 31));
}
