/* SPDX-License-Identifier: Apache-2.0 */
/* ADD and SUB of quantized operands: both are brought to a common scale, 2·max(s1, s2) / 2^left_shift, combined there,
 * and brought to the output's.
 *   a = requantize((in1 − z1) · 2^left_shift, s1 / (2·max)),  b likewise,
 *   out = clamp(z_out + requantize(a ± b, 2·max / (2^left_shift · s_out)))
 * left_shift is 20 for 8 bits and 15 for 16 bits: as far up as the operands fit 32 bits.
 * Source: tensorflow/lite/micro/kernels/add_common.cc and sub_common.cc.
 */
#ifndef EK_ADDITION_H
#define EK_ADDITION_H

#include "ek_broadcast.h"

typedef struct {
  ek_multiplier_t multiplier1, multiplier2, output_multiplier;
  int32_t zero1, zero2, output_zero;
  int32_t left_shift;
  int32_t low, high;
} ek_addition_t;

/* Requires quantized operands of `type`, shapes that broadcast, and scales that TFLite takes. */
EK_MUST_CHECK ek_status_t ek_addition_check(ek_call_t *call, ek_type_t type);

EK_MUST_CHECK ek_status_t ek_addition_run(ek_call_t *call, ek_type_t type, ek_row_function_t row);

static inline int32_t ek_addition_operand1(const ek_addition_t *addition, int32_t value) {
  return ek_requantize((value - addition->zero1) * (1 << addition->left_shift), addition->multiplier1);
}

static inline int32_t ek_addition_operand2(const ek_addition_t *addition, int32_t value) {
  return ek_requantize((value - addition->zero2) * (1 << addition->left_shift), addition->multiplier2);
}

static inline int32_t ek_addition_result(const ek_addition_t *addition, int32_t raw) {
  const int32_t scaled = ek_wrapping_add(ek_requantize(raw, addition->output_multiplier), addition->output_zero);
  return ek_clamp(scaled, addition->low, addition->high);
}

#endif
