/* SPDX-License-Identifier: Apache-2.0 */
/* RSQRT for int8 and int16: z_out + 1 / (sqrt(s_in · (in − z_in)) · s_out); the largest value where in is z_in.
 * An input below z_in stops the inference, as TFLite's does.
 * Source: tensorflow/lite/micro/kernels/elementwise.cc and kernels/internal/common.h, GetInvSqrtQuantizedMultiplierExp.
 */
#ifndef EK_RSQRT_H
#define EK_RSQRT_H

#include "ek_unary.h"

EK_MUST_CHECK ek_status_t ek_rsqrt_check(ek_call_t *call);
EK_MUST_CHECK ek_status_t ek_rsqrt_run(ek_call_t *call);

/* 1 / sqrt(value) as a multiplier, for value ≥ 1. */
ek_multiplier_t ek_inverse_square_root(int32_t value);

#endif
