/* SPDX-License-Identifier: Apache-2.0 */
/* What MUL of quantized operands prepares: out = clamp(z_out + requantize(product, s1 · s2 / s_out)). */
#ifndef EK_PRODUCT_H
#define EK_PRODUCT_H

#include "ek_broadcast.h"

typedef struct {
  ek_multiplier_t multiplier;
  int32_t zero1, zero2, output_zero;
  int32_t low, high;
} ek_product_t;

/* Requires quantized operands of `type` (int16 with zero points 0) and shapes that broadcast. */
EK_MUST_CHECK ek_status_t ek_product_check(ek_call_t *call, ek_type_t type);

EK_MUST_CHECK ek_status_t ek_product_run(ek_call_t *call, ek_type_t type, ek_row_function_t row);

static inline int32_t ek_product_result(const ek_product_t *product, int32_t raw) {
  const int32_t scaled = ek_wrapping_add(ek_requantize(raw, product->multiplier), product->output_zero);
  return ek_clamp(scaled, product->low, product->high);
}

#endif
