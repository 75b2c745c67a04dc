/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_relu6.h"

typedef struct {
  int32_t low, high;
} bounds_t;

static ek_status_t bounds_of(ek_call_t *call, const ek_tensor_t *input, bounds_t *bounds) {
  int32_t six;
  if (!ek_float_ratio_rounded(EK_FLOAT_SIX, input->scale, &six)) {
    return ek_call_refuse(call, "an input scale too small for a bound of 6");
  }
  bounds->low = input->zero_point;
  bounds->high = input->zero_point + six;
  return EK_OK;
}

static int32_t clamp(const void *context, int32_t value) {
  const bounds_t *bounds = context;
  return ek_clamp(value, bounds->low, bounds->high);
}

ek_status_t ek_relu6_check(ek_call_t *call) {
  ek_unary_t unary;
  bounds_t bounds;
  EK_TRY(ek_unary_check_quantized(call, &unary));
  return bounds_of(call, &unary.input, &bounds);
}

ek_status_t ek_relu6_run(ek_call_t *call) {
  ek_unary_t unary;
  bounds_t bounds;
  EK_TRY(ek_unary_decode(call, &unary));
  EK_TRY(bounds_of(call, &unary.input, &bounds));
  ek_unary_run_integers(call, &unary, clamp, &bounds);
  return EK_OK;
}
