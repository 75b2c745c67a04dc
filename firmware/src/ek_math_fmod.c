/* SPDX-License-Identifier: Apache-2.0 */
/* Long division of the mantissas, eight bits at a time; it ends after 35 steps at the latest and is exact. */
#include "ek_float_parts.h"
#include "ek_math.h"

float ek_fmodf(float x, float y) {
  const uint32_t dividend = ek_float_bits(x) & ~EK_SIGN_BIT;
  const uint32_t divisor = ek_float_bits(y) & ~EK_SIGN_BIT;
  const uint32_t sign = ek_float_bits(x) & EK_SIGN_BIT;
  if (dividend >= EK_FLOAT_INFINITY || divisor > EK_FLOAT_INFINITY || divisor == 0u) {
    return ek_bits_float(EK_FLOAT_NAN);
  }
  if (dividend < divisor) { /* positive floats order like their bits */
    return x;
  }
  const ek_parts_t a = ek_float_split(dividend);
  const ek_parts_t b = ek_float_split(divisor);
  const uint32_t modulus = b.mantissa >> 8; /* the low 8 bits are 0 */
  uint32_t rest = (a.mantissa >> 8) % modulus;
  for (int32_t left = a.exponent - b.exponent; left > 0; left -= 8) {
    rest = (rest << (left < 8 ? left : 8)) % modulus;
  }
  return rest == 0u ? ek_bits_float(sign) : ek_float_join(sign, ek_normalise(rest, b.exponent + 8));
}
