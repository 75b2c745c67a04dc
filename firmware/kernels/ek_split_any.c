/* SPDX-License-Identifier: Apache-2.0 */
/* SPLIT, any type: equal slices of the second input along the axis that the first one names. */
#include "ek_join.h"

enum { INPUT_AXIS = 0, INPUT_WHOLE = 1 };

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t whole;
  ek_tensor_t part;
  uint32_t axis;
  EK_TRY(ek_call_input(call, INPUT_WHOLE, &whole));
  EK_TRY(ek_call_constant_axis(call, INPUT_AXIS, whole.rank, &axis));
  for (uint32_t i = 0; i < call->operator_.outputs.length; ++i) {
    EK_TRY(ek_call_output(call, i, &part));
    /* The ranks are compared below; here the axis may lie outside. */
    if (axis < part.rank && (int64_t)part.dims[axis] * call->operator_.outputs.length != whole.dims[axis]) {
      return ek_call_reject(call, "the outputs are not equal parts of the input");
    }
  }
  return ek_join_check_outputs(call, &whole, axis);
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t whole;
  uint32_t axis;
  EK_TRY(ek_call_input(call, INPUT_WHOLE, &whole));
  EK_TRY(ek_call_constant_axis(call, INPUT_AXIS, whole.rank, &axis));
  return ek_join_outputs(call, &whole, ek_extent(&whole, 0u, axis));
}

const ek_kernel_t ek_split_any = {.name = "SPLIT",
                                  .builtin = 49,
                                  .type = EK_ANY_TYPE,
                                  .check = EK_AT_LOAD(check),
                                  .run = run,
                                  .outputs = EK_COUNTED_OUTPUTS};
