/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_scale.h"

/* value = mantissa · 2^exponent with 2^23 ≤ mantissa < 2^24, for subnormal floats as well. */
typedef struct {
  uint32_t mantissa;
  int32_t exponent;
} parts_t;

static parts_t split(uint32_t bits) {
  parts_t parts;
  const uint32_t biased = bits >> 23;
  parts.mantissa = bits & 0x7FFFFFu;
  if (biased != 0u) {
    parts.mantissa |= 0x800000u;
    parts.exponent = (int32_t)biased - 150;
    return parts;
  }
  parts.exponent = -149;
  while (parts.mantissa != 0u && parts.mantissa < 0x800000u) {
    parts.mantissa <<= 1;
    --parts.exponent;
  }
  return parts;
}

static int32_t bit_length(uint64_t value) {
  const uint32_t high = (uint32_t)(value >> 32);
  return high != 0u ? 64 - __builtin_clz(high) : 32 - __builtin_clz((uint32_t)value);
}

/* value >> drop, half to even; `sticky` says that value was already cut below its lowest bit. */
static uint64_t shift_half_even(uint64_t value, int32_t drop, bool sticky) {
  const uint64_t kept = value >> drop;
  const uint64_t rest = value & ((1ull << drop) - 1u);
  const uint64_t half = 1ull << (drop - 1);
  const bool up = rest > half || (rest == half && (sticky || (kept & 1u) != 0u));
  return kept + (up ? 1u : 0u);
}

/* Why two roundings: a/c is a ratio of integers below 2^48 and 2^24, so the exact quotient can lie closer to a
 * half of the 31st bit than a double resolves (2^-25 against 2^-23 of that bit). TFLite's double then lands on the
 * half itself and rounds up where the exact quotient would round down. Hence 55 quotient bits and a sticky bit. */
ek_multiplier_t ek_multiplier(uint32_t a, uint32_t b, uint32_t c, int32_t exponent) {
  const parts_t pa = split(a);
  const parts_t pb = split(b);
  const parts_t pc = split(c);
  const uint64_t product = (uint64_t)pa.mantissa * pb.mantissa; /* exact: 47 or 48 bits */
  const uint64_t whole = product / pc.mantissa;
  const uint64_t tail = (product - whole * pc.mantissa) << 32;
  const uint64_t fraction = tail / pc.mantissa;
  const bool sticky = fraction * pc.mantissa != tail;
  const uint64_t quotient = (whole << 32) + fraction; /* 55 to 57 bits */

  const int32_t length = bit_length(quotient);
  uint64_t mantissa = shift_half_even(quotient, length - 53, sticky);
  int32_t shift = length + pa.exponent + pb.exponent - pc.exponent - 32 + exponent;
  if (mantissa == 1ull << 53) {
    mantissa >>= 1;
    ++shift;
  }
  mantissa = (mantissa + (1ull << 21)) >> 22;
  if (mantissa == 1ull << 31) {
    mantissa >>= 1;
    ++shift;
  }
  ek_multiplier_t result = {(int32_t)mantissa, shift};
  if (shift < -31) { /* every bit of a product would be shifted out: TFLite makes it zero */
    result.multiplier = 0;
    result.shift = 0;
  }
  return result;
}

/* The bits of mantissa · 2^exponent, where the mantissa has 24 bits, or is 2^24. */
static uint32_t join(uint64_t mantissa, int32_t exponent) {
  int32_t biased = exponent + 150;
  if (mantissa == 1ull << 24) {
    mantissa >>= 1;
    ++biased;
  }
  if (biased < 1) {
    return 0x00800000u;
  }
  if (biased > 254) {
    return 0x7F7FFFFFu;
  }
  return ((uint32_t)biased << 23) | ((uint32_t)mantissa & 0x7FFFFFu);
}

uint32_t ek_float_product(uint32_t a, uint32_t b) {
  const parts_t pa = split(a);
  const parts_t pb = split(b);
  const uint64_t product = (uint64_t)pa.mantissa * pb.mantissa;
  const int32_t drop = bit_length(product) - 24;
  return join(shift_half_even(product, drop, false), pa.exponent + pb.exponent + drop);
}

/* The float32 quotient of two floats: a mantissa of 24 bits, or 2^24, times 2^*exponent. */
static uint64_t quotient_of(uint32_t a, uint32_t b, int32_t *exponent) {
  const parts_t pa = split(a);
  const parts_t pb = split(b);
  const uint64_t dividend = (uint64_t)pa.mantissa << 32;
  const uint64_t quotient = dividend / pb.mantissa; /* 32 or 33 bits */
  const bool sticky = quotient * pb.mantissa != dividend;
  const int32_t drop = bit_length(quotient) - 24;
  *exponent = pa.exponent - pb.exponent - 32 + drop;
  return shift_half_even(quotient, drop, sticky);
}

uint32_t ek_float_quotient(uint32_t a, uint32_t b) {
  int32_t exponent;
  const uint64_t mantissa = quotient_of(a, b, &exponent);
  return join(mantissa, exponent);
}

bool ek_float_ratio_rounded(uint32_t a, uint32_t b, int32_t *rounded) {
  int32_t exponent;
  const uint64_t mantissa = quotient_of(a, b, &exponent);
  if (exponent > 5) {
    return false;
  }
  if (exponent >= 0) {
    *rounded = (int32_t)(mantissa << exponent);
  } else if (exponent < -25) {
    *rounded = 0;
  } else {
    *rounded = (int32_t)((mantissa + (1ull << (-exponent - 1))) >> -exponent);
  }
  return true;
}
