/* SPDX-License-Identifier: Apache-2.0 */
/* PACK, any type: tensors of one shape become slices along a new axis. */
#include "ek_join.h"

enum { OPTION_COUNT = 0, OPTION_AXIS = 1 };

static ek_status_t find_axis(ek_call_t *call, const ek_tensor_t *output, uint32_t *axis) {
  int32_t value;
  EK_TRY(ek_call_option_i32(call, OPTION_AXIS, 0, &value));
  return ek_call_axis(call, value, output->rank, axis);
}

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t output;
  ek_tensor_t input;
  uint32_t axis;
  int32_t count;
  EK_TRY(ek_call_output(call, 0u, &output));
  EK_TRY(find_axis(call, &output, &axis));
  EK_TRY(ek_call_option_i32(call, OPTION_COUNT, 0, &count));
  if ((uint32_t)count != call->operator_.inputs.length || count != output.dims[axis]) {
    return ek_call_reject(call, "the number of inputs is not the extent of the new axis");
  }
  for (uint32_t i = 0; i < call->operator_.inputs.length; ++i) {
    EK_TRY(ek_call_input(call, i, &input));
    EK_TRY(ek_join_check_slice(call, &output, &input, axis));
  }
  return EK_OK;
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t output;
  uint32_t axis;
  EK_TRY(ek_call_output(call, 0u, &output));
  EK_TRY(find_axis(call, &output, &axis));
  return ek_join_inputs(call, ek_extent(&output, 0u, axis));
}

const ek_kernel_t ek_pack_any = {
    .name = "PACK", .builtin = 83, .type = EK_ANY_TYPE, .is_view = false, .check = EK_AT_LOAD(check), .run = run};
