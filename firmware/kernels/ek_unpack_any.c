/* SPDX-License-Identifier: Apache-2.0 */
/* UNPACK, any type: every slice along an axis becomes a tensor of its own, without the axis. */
#include "ek_join.h"

enum { OPTION_COUNT = 0, OPTION_AXIS = 1 };

static ek_status_t find_axis(ek_call_t *call, const ek_tensor_t *input, uint32_t *axis) {
  int32_t value;
  EK_TRY(ek_call_option_i32(call, OPTION_AXIS, 0, &value));
  return ek_call_axis(call, value, input->rank, axis);
}

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  uint32_t axis;
  int32_t count;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(find_axis(call, &input, &axis));
  EK_TRY(ek_call_option_i32(call, OPTION_COUNT, 0, &count));
  if ((uint32_t)count != call->operator_.outputs.length || count != input.dims[axis]) {
    return ek_call_reject(call, "the number of outputs is not the extent of the axis");
  }
  for (uint32_t i = 0; i < call->operator_.outputs.length; ++i) {
    EK_TRY(ek_call_output(call, i, &output));
    EK_TRY(ek_join_check_slice(call, &input, &output, axis));
  }
  return EK_OK;
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  uint32_t axis;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(find_axis(call, &input, &axis));
  return ek_join_outputs(call, &input, ek_extent(&input, 0u, axis));
}

const ek_kernel_t ek_unpack_any = {.name = "UNPACK",
                                   .builtin = 88,
                                   .type = EK_ANY_TYPE,
                                   .check = EK_AT_LOAD(check),
                                   .run = run,
                                   .outputs = EK_COUNTED_OUTPUTS};
