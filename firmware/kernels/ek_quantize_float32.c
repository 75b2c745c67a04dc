/* SPDX-License-Identifier: Apache-2.0 */
/* QUANTIZE, float32 to int8: clamp(z + round(x / s)), the quotient a float32, rounded half away from zero.
 * The clamp comes before the conversion to an integer, so that infinities and large values saturate; NaN gives the
 * zero point (TFLite leaves it undefined). */
#include "ek_kernel.h"

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  if (output.type != EK_INT8) {
    return ek_call_refuse(call, "an output type other than int8");
  }
  EK_TRY(ek_call_require_per_tensor(call, &output, EK_INT8));
  return input.num_elements == output.num_elements ? EK_OK
                                                   : ek_call_reject(call, "input and output differ in size");
}

static int32_t round_half_away(float value) {
  const float limit = 512.0f; /* beyond every int8 and its zero point */
  if (value != value) {
    return 0;
  }
  const float near = value > limit ? limit : value < -limit ? -limit : value;
  const int32_t whole = (int32_t)near; /* towards zero */
  const float rest = near - (float)whole; /* exact */
  return whole + (rest >= 0.5f ? 1 : rest <= -0.5f ? -1 : 0);
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  float scale;
  memcpy(&scale, &output.scale, sizeof scale);
  for (uint32_t i = 0; i < output.num_elements; ++i) {
    float value;
    memcpy(&value, input.data + sizeof value * i, sizeof value);
    const int32_t quantized = round_half_away(value / scale) + output.zero_point;
    ((int8_t *)output.data)[i] = (int8_t)ek_clamp(quantized, INT8_MIN, INT8_MAX);
  }
  return EK_OK;
}

const ek_kernel_t ek_quantize_float32 = {.name = "QUANTIZE",
                                         .builtin = 114,
                                         .type = EK_FLOAT32,
                                         .check = check,
                                         .run = run,
                                         .overlap = ek_overlap_elementwise};
