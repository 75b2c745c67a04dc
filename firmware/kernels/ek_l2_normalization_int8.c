/* SPDX-License-Identifier: Apache-2.0 */
/* L2_NORMALIZATION over the last axis, int8 to int8 with scale 1/128 and zero point 0:
 *   out = clamp(128 · (in − z) / √Σ (in − z)²)
 * Source: tensorflow/lite/kernels/internal/reference/integer_ops/l2normalization.h.
 */
#include "ek_kernel.h"

enum { OPTION_ACTIVATION = 0 };

#define OUTPUT_SCALE 0x3C000000u /* 1/128 */

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  uint8_t activation;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  EK_TRY(ek_call_option_u8(call, OPTION_ACTIVATION, 0u, &activation));
  EK_TRY(ek_call_require_per_tensor(call, &input, EK_INT8));
  EK_TRY(ek_call_require_per_tensor(call, &output, EK_INT8));
  if (activation != 0u) {
    return ek_call_refuse(call, "a fused activation");
  }
  if (output.scale != OUTPUT_SCALE || output.zero_point != 0) {
    return ek_call_refuse(call, "an output scale other than 1/128 or zero point other than 0");
  }
  return input.rank > 0u && input.num_elements == output.num_elements
             ? EK_OK
             : ek_call_reject(call, "input and output differ in size");
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  const uint32_t depth = (uint32_t)input.dims[input.rank - 1u];
  for (uint32_t row = 0; row < input.num_elements; row += depth) {
    const int8_t *in = (const int8_t *)input.data + row;
    int8_t *out = (int8_t *)output.data + row;
    int32_t sum = 0;
    for (uint32_t i = 0; i < depth; ++i) {
      const int32_t value = in[i] - input.zero_point;
      sum = ek_wrapping_add(sum, value * value);
    }
    ek_multiplier_t multiplier = ek_inverse_sqrt(sum);
    multiplier.shift += 7;
    for (uint32_t i = 0; i < depth; ++i) {
      out[i] = (int8_t)ek_clamp(ek_requantize(in[i] - input.zero_point, multiplier), INT8_MIN, INT8_MAX);
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_l2_normalization_int8 = {.name = "L2_NORMALIZATION",
                                              .builtin = 11,
                                              .type = EK_INT8,
                                              .check = EK_AT_LOAD(check),
                                              .run = run,
                                              .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
