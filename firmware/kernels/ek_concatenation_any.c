/* SPDX-License-Identifier: Apache-2.0 */
/* CONCATENATION, any type: the inputs side by side along an axis, byte by byte. int8 inputs must be quantized like the
 * output, as TFLite wants it; uint8 has a kernel of its own that rescales. */
#include "ek_join.h"

enum { OPTION_AXIS = 0, OPTION_ACTIVATION = 1 };

static ek_status_t find_axis(ek_call_t *call, const ek_tensor_t *output, uint32_t *axis) {
  int32_t value;
  EK_TRY(ek_call_option_i32(call, OPTION_AXIS, 0, &value));
  return ek_call_axis(call, value, output->rank, axis);
}

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t output;
  ek_tensor_t input;
  uint8_t activation;
  uint32_t axis;
  int32_t extent = 0;
  EK_TRY(ek_call_output(call, 0u, &output));
  EK_TRY(find_axis(call, &output, &axis));
  EK_TRY(ek_call_option_u8(call, OPTION_ACTIVATION, 0u, &activation));
  if (activation != 0u) {
    return ek_call_refuse(call, "a fused activation");
  }
  for (uint32_t i = 0; i < call->operator_.inputs.length; ++i) {
    EK_TRY(ek_call_input(call, i, &input));
    EK_TRY(ek_join_check_part(call, &output, &input, axis, &extent));
    if (output.type == EK_INT8 && (input.scale != output.scale || input.zero_point != output.zero_point)) {
      return ek_call_refuse(call, "int8 inputs that are quantized differently from the output");
    }
  }
  return extent == output.dims[axis] ? EK_OK : ek_call_reject(call, "the inputs do not make up the output");
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t output;
  uint32_t axis;
  EK_TRY(ek_call_output(call, 0u, &output));
  EK_TRY(find_axis(call, &output, &axis));
  return ek_join_inputs(call, ek_extent(&output, 0u, axis));
}

const ek_kernel_t ek_concatenation_any = {.name = "CONCATENATION",
                                          .builtin = 2,
                                          .type = EK_ANY_TYPE,
                                          .is_view = false,
                                          .check = EK_AT_LOAD(check),
                                          .run = run};
