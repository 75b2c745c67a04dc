/* SPDX-License-Identifier: Apache-2.0 */
/* QUANTIZE, int8 to int8: the same values under another scale and zero point. */
#include "ek_kernel.h"

static ek_status_t decode(ek_call_t *call, ek_tensor_t *input, ek_tensor_t *output) {
  EK_TRY(ek_call_input(call, 0u, input));
  return ek_call_output(call, 0u, output);
}

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(decode(call, &input, &output));
  EK_TRY(ek_call_require_per_tensor(call, &input, EK_INT8));
  EK_TRY(ek_call_require_per_tensor(call, &output, EK_INT8));
  return input.num_elements == output.num_elements ? EK_OK
                                                   : ek_call_reject(call, "input and output differ in size");
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(decode(call, &input, &output));
  const ek_multiplier_t multiplier = ek_multiplier(input.scale, EK_FLOAT_ONE, output.scale, 0);
  const int8_t *in = (const int8_t *)input.data;
  for (uint32_t i = 0; i < output.num_elements; ++i) {
    const int32_t scaled = ek_requantize(in[i] - input.zero_point, multiplier);
    ((int8_t *)output.data)[i] =
        (int8_t)ek_clamp(ek_wrapping_add(scaled, output.zero_point), INT8_MIN, INT8_MAX);
  }
  return EK_OK;
}

const ek_kernel_t ek_quantize_int8 = {.name = "QUANTIZE",
                                      .builtin = 114,
                                      .type = EK_INT8,
                                      .check = check,
                                      .run = run,
                                      .overlap = ek_overlap_elementwise};
