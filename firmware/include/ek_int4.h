/* SPDX-License-Identifier: Apache-2.0 */
/* Weights of four bits, read where they lie: element i is the low half of byte i / 2 if i is even, else the high half. */
#ifndef EK_INT4_H
#define EK_INT4_H

#include <stdbool.h>
#include <stdint.h>

static inline int32_t ek_int4(const uint8_t *packed, int32_t index) {
  const uint8_t byte = packed[index >> 1];
  return (int8_t)((index & 1) != 0 ? byte : (uint8_t)(byte << 4)) >> 4;
}

/* Element `index` of weights that are int4 if `is_packed`, and int8 else. With a constant `is_packed`, loops that are
 * inlined twice decide once. */
static inline int32_t ek_weight(const uint8_t *weights, bool is_packed, int32_t index) {
  return is_packed ? ek_int4(weights, index) : ((const int8_t *)weights)[index];
}

#define EK_INLINE_TWICE static inline __attribute__((always_inline))

#endif
