/* SPDX-License-Identifier: Apache-2.0 */
/* SQUARED_DIFFERENCE of quantized operands: as SUB, with the difference squared in the common scale.
 *   a = requantize((in1 − z1) · 2^left_shift, s1 / (2·max)),  b likewise,
 *   out = clamp(z_out + requantize((a − b)², (2·max)² / (2^(2·left_shift) · s_out)))
 * left_shift is 7 for int8 and 0 for int16, so that the square fits 32 bits.
 * Source: tensorflow/lite/micro/kernels/squared_difference.cc.
 */
#ifndef EK_SQUARED_DIFFERENCE_H
#define EK_SQUARED_DIFFERENCE_H

#include "ek_addition.h"

/* Requires quantized operands of `type` (int16 with zero points 0) and shapes that broadcast. */
EK_MUST_CHECK ek_status_t ek_squared_difference_check(ek_call_t *call, ek_type_t type);

EK_MUST_CHECK ek_status_t ek_squared_difference_run(ek_call_t *call, ek_type_t type, ek_row_function_t row);

#endif
