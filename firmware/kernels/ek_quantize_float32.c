/* SPDX-License-Identifier: Apache-2.0 */
/* QUANTIZE, float32 to int8, uint8 or int16: clamp(z + round(x / s)), the quotient a float32, rounded half away from zero.
 * The clamp comes before the conversion to an integer, so that infinities and large values saturate; NaN gives the
 * zero point (TFLite leaves it undefined). */
#include "ek_access.h"
#include "ek_requantize.h"

#define OUTPUT_TYPES (EK_TYPE_BIT(EK_INT8) | EK_TYPE_BIT(EK_UINT8) | EK_TYPE_BIT(EK_INT16))
#define LIMIT 131072.0f /* beyond every int16 and its zero point */

static ek_status_t check(ek_call_t *call) {
  ek_requantize_t operands;
  return ek_requantize_decode(call, &operands, EK_FLOAT32, OUTPUT_TYPES);
}

static int32_t round_half_away(float value) {
  if (value != value) {
    return 0;
  }
  const float near = value > LIMIT ? LIMIT : value < -LIMIT ? -LIMIT : value;
  const int32_t whole = (int32_t)near; /* towards zero */
  const float rest = near - (float)whole; /* exact */
  return whole + (rest >= 0.5f ? 1 : rest <= -0.5f ? -1 : 0);
}

static ek_status_t run(ek_call_t *call) {
  ek_requantize_t operands;
  EK_TRY(ek_requantize_decode(call, &operands, EK_FLOAT32, OUTPUT_TYPES));
  const ek_tensor_t *output = &operands.output;
  float scale;
  memcpy(&scale, &output->scale, sizeof scale);
  for (uint32_t i = 0; i < output->num_elements; ++i) {
    const float value = ek_load_f32(operands.input.data + sizeof value * i);
    ek_store_clamped(output, i, round_half_away(value / scale) + output->zero_point);
  }
  return EK_OK;
}

const ek_kernel_t ek_quantize_float32 = {.name = "QUANTIZE",
                                         .builtin = 114,
                                         .type = EK_FLOAT32,
                                         .check = EK_AT_LOAD(check),
                                         .run = run,
                                         .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
