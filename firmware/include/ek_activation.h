/* SPDX-License-Identifier: Apache-2.0 */
/* Clamps of fused activation functions, for every element type that arithmetic is done in. */
#ifndef EK_ACTIVATION_H
#define EK_ACTIVATION_H

#include "ek_kernel.h"

/* In units of `output`, which is int8, uint8 or int16 with one scale. */
EK_MUST_CHECK ek_status_t ek_activation_quantized(ek_call_t *call, uint8_t activation, const ek_tensor_t *output,
                                                  int32_t *low, int32_t *high);

EK_MUST_CHECK ek_status_t ek_activation_int32(ek_call_t *call, uint8_t activation, int32_t *low, int32_t *high);

/* Without an activation the clamp is that to finite numbers. */
EK_MUST_CHECK ek_status_t ek_activation_float32(ek_call_t *call, uint8_t activation, float *low, float *high);

/* Requires one scale, `type`, and a zero point within it. */
EK_MUST_CHECK ek_status_t ek_require_quantized(ek_call_t *call, const ek_tensor_t *tensor, ek_type_t type);

/* min(max(value, low), high), which lets NaN through. */
static inline float ek_clamp_float32(float value, float low, float high) {
  const float raised = value < low ? low : value;
  return high < raised ? high : raised;
}

#endif
