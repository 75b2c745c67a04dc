/* SPDX-License-Identifier: Apache-2.0 */
/* Comparisons of quantized operands: requantize((in1 − z1) · 2^8, s1) against the same of the second.
 * The two sides keep eight bits behind the point, so values that differ by less compare equal.
 * Source: tensorflow/lite/micro/kernels/comparisons.cc.
 */
#ifndef EK_COMPARISON_H
#define EK_COMPARISON_H

#include "ek_broadcast.h"

typedef struct {
  ek_multiplier_t multiplier1, multiplier2;
  int32_t zero1, zero2;
} ek_comparison_t;

/* Requires quantized inputs of `type`, with scales below 1, a bool output, and shapes that broadcast. */
EK_MUST_CHECK ek_status_t ek_comparison_check(ek_call_t *call, ek_type_t type);

EK_MUST_CHECK ek_status_t ek_comparison_run(ek_call_t *call, ek_type_t type, ek_row_function_t row);

static inline int32_t ek_comparison_operand1(const ek_comparison_t *comparison, int32_t value) {
  return ek_requantize((value - comparison->zero1) * (1 << 8), comparison->multiplier1);
}

static inline int32_t ek_comparison_operand2(const ek_comparison_t *comparison, int32_t value) {
  return ek_requantize((value - comparison->zero2) * (1 << 8), comparison->multiplier2);
}

#endif
