/* SPDX-License-Identifier: Apache-2.0 */
/* Takes floats apart into integers and puts them together again: what ek_math is made of. */
#ifndef EK_FLOAT_PARTS_H
#define EK_FLOAT_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define EK_SIGN_BIT 0x80000000u
#define EK_FLOAT_INFINITY 0x7F800000u
#define EK_FLOAT_NAN 0x7FC00000u

/* mantissa · 2^exponent; the top bit of the mantissa is set. */
typedef struct {
  uint32_t mantissa;
  int32_t exponent;
} ek_parts_t;

static inline uint32_t ek_float_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline float ek_bits_float(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* The upper word of a·b: the product of two fractions in Q0.32. */
static inline uint32_t ek_high_product(uint32_t a, uint32_t b) { return (uint32_t)(((uint64_t)a * b) >> 32); }

/* `value` is not 0; nor has it more bits than were known before, so what is shifted in is 0. */
static inline ek_parts_t ek_normalise(uint32_t value, int32_t exponent) {
  const int32_t zeros = __builtin_clz(value);
  const ek_parts_t parts = {value << zeros, exponent - zeros};
  return parts;
}

/* The upper 32 significant bits of `value`, which is not 0; the rest is cut. */
static inline ek_parts_t ek_normalise_u64(uint64_t value, int32_t exponent) {
  const uint32_t high = (uint32_t)(value >> 32);
  if (high == 0u) {
    return ek_normalise((uint32_t)value, exponent);
  }
  const int32_t zeros = __builtin_clz(high);
  const ek_parts_t parts = {(uint32_t)((value << zeros) >> 32), exponent + 32 - zeros};
  return parts;
}

/* Bits of a finite number other than 0; its sign is dropped. */
ek_parts_t ek_float_split(uint32_t bits);

/* Rounds to a float32, halves to even; too large becomes infinite, too small subnormal or 0.
 * `sign` is 0 or EK_SIGN_BIT. A mantissa that was cut should have its lowest bit set. */
float ek_float_join(uint32_t sign, ek_parts_t parts);

#endif
