/* SPDX-License-Identifier: Apache-2.0 */
/* PRELU of quantized tensors, where the slope below zero is an operand that broadcasts, mostly one for each channel:
 *   out = clamp(z_out + (in ≥ z_in ? requantize(in − z_in, s_in / s_out)
 *                                  : requantize((in − z_in) · (alpha − z_alpha), s_in · s_alpha / s_out)))
 * Slopes are int8 whatever the type of the input is.
 */
#ifndef EK_PRELU_H
#define EK_PRELU_H

#include "ek_broadcast.h"

typedef struct {
  ek_multiplier_t positive, negative;
  int32_t zero_in, zero_alpha, zero_out;
  int32_t low, high;
} ek_prelu_t;

/* Requires quantized operands of `type`, with int8 slopes. */
EK_MUST_CHECK ek_status_t ek_prelu_check(ek_call_t *call, ek_type_t type);

EK_MUST_CHECK ek_status_t ek_prelu_run(ek_call_t *call, ek_row_function_t row);

/* One element; `row` functions get an ek_prelu_t. */
int32_t ek_prelu_of(const ek_prelu_t *prelu, int32_t in, int32_t alpha);

#endif
