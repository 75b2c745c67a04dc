/* SPDX-License-Identifier: Apache-2.0 */
/* DEQUANTIZE, int16 to float32: s · (x − z). The difference is exact in float32, so one multiplication rounds once,
 * as TFLite's does in double. */
#include "ek_access.h"
#include "ek_activation.h"

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  EK_TRY(ek_require_quantized(call, &input, EK_INT16));
  if (output.type != EK_FLOAT32) {
    return ek_call_refuse(call, "an output type other than float32");
  }
  return input.num_elements == output.num_elements ? EK_OK
                                                   : ek_call_reject(call, "input and output differ in size");
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  float scale;
  memcpy(&scale, &input.scale, sizeof scale);
  for (uint32_t i = 0; i < output.num_elements; ++i) {
    const float value = scale * (float)(ek_load_i16(input.data + sizeof(int16_t) * i) - input.zero_point);
    ek_store_f32(output.data + sizeof value * i, value);
  }
  return EK_OK;
}

const ek_kernel_t ek_dequantize_int16 = {.name = "DEQUANTIZE",
                                         .builtin = 6,
                                         .type = EK_INT16,
                                         .check = EK_AT_LOAD(check),
                                         .run = run,
                                         .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
