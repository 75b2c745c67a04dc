/* SPDX-License-Identifier: Apache-2.0 */
/* LOGISTIC and TANH of quantized tensors: the input is brought to a fixed scale, the function is a fixed-point one.
 *   int8   (in − z_in)·s_in in Q4.27, from the radius on saturated; the output is in units of 2^-8 from −128 (LOGISTIC)
 *          or of 2^-7 (TANH), whatever its scale says
 *   int16  in · s_in in units of 1/(3·4096); a table of the logistic function with linear interpolation
 * Source: tensorflow/lite/kernels/internal/reference/integer_ops/{logistic,tanh}.h and
 * micro/kernels/{logistic_common,tanh}.cc.
 */
#ifndef EK_SIGMOID_H
#define EK_SIGMOID_H

#include "ek_unary.h"

typedef struct {
  ek_multiplier_t multiplier; /* to Q4.27 */
  int32_t zero_point;
  int32_t radius; /* differences from this on saturate */
} ek_sigmoid_int8_t;

/* For int8 kernels: requires both tensors quantized, and fills the parameters. */
EK_MUST_CHECK ek_status_t ek_sigmoid_int8_decode(ek_call_t *call, ek_unary_t *unary, ek_sigmoid_int8_t *sigmoid);

/* For int16 kernels: units of 1/(3·4096) = (value · multiplier + 2^(shift − 1)) >> shift. */
typedef struct {
  int32_t multiplier; /* at most 65535 */
  int32_t shift;
} ek_sigmoid_int16_t;

/* `largest_shift`, 0 or 1, is the largest power of two, above 2^-12, that the reference takes for a scale without
 * rounding. */
EK_MUST_CHECK ek_status_t ek_sigmoid_int16_decode(ek_call_t *call, ek_unary_t *unary, int32_t largest_shift,
                                                  ek_sigmoid_int16_t *sigmoid);

/* 2^15 · logistic(x) and 2^15 · tanh(x), for kernels that have their parameters from elsewhere (LSTM). */
int32_t ek_logistic_q15(const ek_sigmoid_int16_t *sigmoid, int32_t value);
int32_t ek_tanh_q15(const ek_sigmoid_int16_t *sigmoid, int32_t value);

#endif
