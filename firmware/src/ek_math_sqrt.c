/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_float_parts.h"
#include "ek_math.h"

#if defined(__aarch64__) || (defined(__ARM_FP) && (__ARM_FP & 4) != 0)

float ek_sqrtf(float x) {
  float root;
  /* Not __builtin_sqrtf: it calls sqrtf for errno's sake. */
#if defined(__aarch64__)
  __asm__("fsqrt %s0, %s1" : "=w"(root) : "w"(x));
#else
  __asm__("vsqrt.f32 %0, %1" : "=t"(root) : "t"(x));
#endif
  return root;
}

#else

/* One bit after the other: 25 of them, and whether anything is left, are all that rounding needs. */
float ek_sqrtf(float x) {
  const uint32_t bits = ek_float_bits(x);
  if ((bits & ~EK_SIGN_BIT) == 0u || bits == EK_FLOAT_INFINITY || x != x) {
    return x;
  }
  if (bits > EK_FLOAT_INFINITY) {
    return ek_bits_float(EK_FLOAT_NAN);
  }
  const ek_parts_t parts = ek_float_split(bits);
  /* x = m · 2^(2·half) with m in [1, 4); rest is what root² lacks of m, in Q24 and doubled with every bit. */
  const bool is_odd = ((parts.exponent + 31) & 1) != 0;
  const int32_t half = (parts.exponent + 31 - (is_odd ? 1 : 0)) / 2;
  uint32_t rest = parts.mantissa >> (is_odd ? 6 : 7);
  uint32_t root = 0u;
  for (uint32_t bit = 1u << 24; bit != 0u; bit >>= 1) {
    const uint32_t step = 2u * root + bit; /* (root + bit)² − root², over bit */
    if (step <= rest) {
      rest -= step;
      root += bit;
    }
    rest <<= 1;
  }
  return ek_float_join(0u, ek_normalise((root << 1) | (rest != 0u ? 1u : 0u), half - 25));
}

#endif

float ek_rsqrtf(float x) { return 1.0f / ek_sqrtf(x); }
