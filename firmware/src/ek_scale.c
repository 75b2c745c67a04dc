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

/* dividend · 2^32 / divisor, dividend below 2^48, divisor of 24 bits: byte by byte, so that every step is a division of 32
 * bits. One of 64 bits would come from the compiler's library, slower and larger than all of this file. */
static uint64_t divide(uint64_t dividend, uint32_t divisor, bool *is_exact) {
  const uint32_t top = (uint32_t)(dividend >> 24);
  uint32_t bytes = (uint32_t)dividend << 8; /* that are yet to be taken in, the next one on top; then come zeros */
  uint64_t quotient = top / divisor;
  uint32_t rest = top % divisor;
  for (uint32_t i = 0; i < 7u; ++i, bytes <<= 8) {
    const uint32_t part = (rest << 8) | (bytes >> 24);
    quotient = (quotient << 8) | (part / divisor);
    rest = part % divisor;
  }
  *is_exact = rest == 0u;
  return quotient;
}

/* QuantizeMultiplier of the double mantissa · 2^exponent; the mantissa has 53 bits, or is 2^53. */
static ek_multiplier_t quantize(uint64_t mantissa, int32_t exponent) {
  int32_t shift = exponent + 53;
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

/* Why two roundings: a/c is a ratio of integers below 2^48 and 2^24, so the exact quotient can lie closer to a
 * half of the 31st bit than a double resolves (2^-25 against 2^-23 of that bit). TFLite's double then lands on the
 * half itself and rounds up where the exact quotient would round down. Hence 55 quotient bits and a sticky bit. */
ek_double_t ek_double_ratio(uint32_t a, uint32_t b, uint32_t c) {
  const parts_t pa = split(a);
  const parts_t pb = split(b);
  const parts_t pc = split(c);
  if (pa.mantissa == 0u || pb.mantissa == 0u || pc.mantissa == 0u) {
    return (ek_double_t){0u, 0}; /* of a tensor without a scale; its check has yet to come */
  }
  const uint64_t product = (uint64_t)pa.mantissa * pb.mantissa; /* exact: 47 or 48 bits */
  bool is_exact;
  const uint64_t quotient = divide(product, pc.mantissa, &is_exact); /* 55 to 57 bits */

  const int32_t length = bit_length(quotient);
  const ek_double_t ratio = {shift_half_even(quotient, length - 53, !is_exact),
                             length - 53 + pa.exponent + pb.exponent - pc.exponent - 32};
  return ratio;
}

ek_multiplier_t ek_multiplier(uint32_t a, uint32_t b, uint32_t c, int32_t exponent) {
  const ek_double_t ratio = ek_double_ratio(a, b, c);
  if (ratio.mantissa == 0u) {
    return (ek_multiplier_t){0, 0};
  }
  return quantize(ratio.mantissa, ratio.exponent + exponent);
}

int32_t ek_multiply_by_double(int32_t value, ek_double_t factor) {
  const uint32_t size = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
  if (size == 0u || factor.mantissa == 0u) {
    return 0;
  }
  /* The product has up to 85 bits: all but the lowest 32, and those. */
  const uint64_t low = (factor.mantissa & 0xFFFFFFFFu) * size;
  const uint64_t high = (factor.mantissa >> 32) * size + (low >> 32);
  const int32_t drop = bit_length(high) + 32 - 53; /* 0 to 32, since the mantissa has 53 bits or more */
  const uint64_t joined = drop == 0 ? 0u : (high << 32 | (low & 0xFFFFFFFFu)) & ((1ull << drop) - 1u);
  uint64_t rounded = (high << (32 - drop)) | ((low & 0xFFFFFFFFu) >> drop);
  if (drop > 0) {
    const uint64_t half = 1ull << (drop - 1);
    rounded += joined > half || (joined == half && (rounded & 1u) != 0u) ? 1u : 0u;
  }
  const int32_t down = -(factor.exponent + drop);
  if (down < 53 - 31) { /* 2^31 or more */
    return INT32_MIN;
  }
  const uint64_t steps = down > 55 ? 0u : (rounded + (1ull << (down - 1))) >> down;
  if (steps > (uint64_t)INT32_MAX) {
    return INT32_MIN;
  }
  return value < 0 ? -(int32_t)steps : (int32_t)steps;
}

/* The square root of m · 2^(2·half), 1 ≤ m < 4, as a double: 53 bits, times 2^(half − 52). */
static uint64_t root_of_double(parts_t parts, int32_t *half) {
  const bool is_odd = ((parts.exponent + 23) & 1) != 0;
  *half = (parts.exponent + 23 - (is_odd ? 1 : 0)) / 2;
  uint64_t rest = (uint64_t)parts.mantissa << (is_odd ? 31 : 30);
  uint64_t root = 0u;
  for (uint64_t bit = 1ull << 53; bit != 0u; bit >>= 1) {
    const uint64_t step = 2u * root + bit; /* (root + bit)² − root², over bit */
    if (step <= rest) {
      rest -= step;
      root += bit;
    }
    rest <<= 1;
  }
  return shift_half_even(root, 1, rest != 0u);
}

ek_multiplier_t ek_inverse_root_multiplier(uint32_t a, uint32_t b) {
  if (a == 0u || b == 0u) {
    return (ek_multiplier_t){0, 0}; /* of a tensor without a scale; its check has yet to come */
  }
  int32_t half;
  const uint64_t root = root_of_double(split(a), &half);
  const parts_t pb = split(b);
  /* root · b in 53 bits: the lowest 27 bits of the root and the others apart, since the product has 76 or 77 bits. */
  const uint64_t low = (root & 0x7FFFFFFu) * pb.mantissa;
  const uint64_t product = (root >> 27) * pb.mantissa * 8u + (low >> 24); /* without its last 24 bits */
  const uint32_t tail = (uint32_t)low & 0xFFFFFFu;
  const int32_t kept = bit_length(product) == 53 ? 0 : 1; /* bits of the tail that belong to the 53 */
  const uint64_t divisor =
      shift_half_even((product << 2) | (tail >> 22), 2 - kept, (tail & 0x3FFFFFu) != 0u);
  /* 2^107 / divisor, bit by bit. */
  uint64_t rest = 1ull << 52;
  uint64_t quotient = 0u;
  for (int32_t i = 0; i < 55; ++i) {
    rest <<= 1;
    quotient <<= 1;
    if (rest >= divisor) {
      rest -= divisor;
      quotient |= 1u;
    }
  }
  const int32_t drop = bit_length(quotient) - 53;
  const uint64_t mantissa = shift_half_even(quotient, drop, rest != 0u);
  return quantize(mantissa, drop - 107 - (half - 52 + pb.exponent + 24 - kept));
}

ek_multiplier_t ek_multiplier_over_double(uint32_t a, uint32_t b, uint64_t divisor, int32_t exponent) {
  const parts_t pa = split(a);
  const parts_t pb = split(b);
  if (pa.mantissa == 0u || pb.mantissa == 0u) {
    return (ek_multiplier_t){0, 0}; /* of a tensor without a scale; its check has yet to come */
  }
  const uint64_t product = (uint64_t)pa.mantissa * pb.mantissa;
  const int32_t raised = 53 - bit_length(product);
  uint64_t rest = product << raised;
  int32_t shift = pa.exponent + pb.exponent - raised - exponent + 1;
  if (rest < divisor) {
    rest <<= 1;
    --shift;
  }
  /* The quotient lies between one and two: 53 bits of it, one by one. */
  uint64_t quotient = 0u;
  for (int32_t bit = 0; bit < 53; ++bit) {
    const bool is_set = rest >= divisor;
    quotient = (quotient << 1) | (is_set ? 1u : 0u);
    rest = (rest - (is_set ? divisor : 0u)) << 1;
  }
  if (rest > divisor || (rest == divisor && (quotient & 1u) != 0u)) {
    ++quotient;
  }
  return quantize(quotient, shift - 53);
}

ek_multiplier_t ek_multiplier_over_product(uint32_t a, uint32_t b, uint32_t c) {
  const parts_t pb = split(b);
  const parts_t pc = split(c);
  const uint64_t product = (uint64_t)pb.mantissa * pc.mantissa;
  if (product == 0u) {
    return (ek_multiplier_t){0, 0}; /* of a tensor without a scale; its check has yet to come */
  }
  const int32_t raised = 53 - bit_length(product);
  return ek_multiplier_over_double(a, EK_FLOAT_ONE, product << raised, pb.exponent + pc.exponent - raised);
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
  if (product == 0u) {
    return 0x00800000u;
  }
  const int32_t drop = bit_length(product) - 24;
  return join(shift_half_even(product, drop, false), pa.exponent + pb.exponent + drop);
}

/* The float32 quotient of two floats: a mantissa of 24 bits, or 2^24, times 2^*exponent. */
static uint64_t quotient_of(uint32_t a, uint32_t b, int32_t *exponent) {
  const parts_t pa = split(a);
  const parts_t pb = split(b);
  if (pa.mantissa == 0u || pb.mantissa == 0u) {
    *exponent = 0;
    return 0u;
  }
  bool is_exact;
  const uint64_t quotient = divide(pa.mantissa, pb.mantissa, &is_exact); /* 32 or 33 bits */
  const int32_t drop = bit_length(quotient) - 24;
  *exponent = pa.exponent - pb.exponent - 32 + drop;
  return shift_half_even(quotient, drop, !is_exact);
}

uint32_t ek_float_quotient(uint32_t a, uint32_t b) {
  int32_t exponent;
  const uint64_t mantissa = quotient_of(a, b, &exponent);
  return join(mantissa, exponent);
}

bool ek_float_ratio_rounded(uint32_t a, uint32_t b, int32_t *rounded) {
  if (a == 0u || b == 0u) {
    return false;
  }
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
