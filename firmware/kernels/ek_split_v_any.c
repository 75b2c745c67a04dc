/* SPDX-License-Identifier: Apache-2.0 */
/* SPLIT_V, any type: slices of the first input along an axis; the second input tells their sizes, one of which may be
 * −1 for what is left. */
#include "ek_join.h"

enum { INPUT_WHOLE = 0, INPUT_SIZES = 1, INPUT_AXIS = 2 };

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t whole;
  ek_tensor_t sizes;
  ek_tensor_t part;
  uint32_t axis;
  uint32_t num_open = 0u;
  EK_TRY(ek_call_input(call, INPUT_WHOLE, &whole));
  EK_TRY(ek_call_constants(call, INPUT_SIZES, call->operator_.outputs.length, &sizes));
  EK_TRY(ek_call_constant_axis(call, INPUT_AXIS, whole.rank, &axis));
  EK_TRY(ek_join_check_outputs(call, &whole, axis));
  for (uint32_t i = 0; i < call->operator_.outputs.length; ++i) {
    EK_TRY(ek_call_output(call, i, &part));
    const int64_t size = ek_integer(&sizes, i);
    if (size == -1) {
      ++num_open;
    } else if (size != part.dims[axis]) {
      return ek_call_reject(call, "an output has not the size that was asked for");
    }
  }
  /* One that is left open follows from the others, because the outputs make up the input. */
  return num_open < 2u ? EK_OK : ek_call_reject(call, "two sizes are left open");
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t whole;
  uint32_t axis;
  EK_TRY(ek_call_input(call, INPUT_WHOLE, &whole));
  EK_TRY(ek_call_constant_axis(call, INPUT_AXIS, whole.rank, &axis));
  return ek_join_outputs(call, &whole, ek_extent(&whole, 0u, axis));
}

const ek_kernel_t ek_split_v_any = {.name = "SPLIT_V",
                                    .builtin = 102,
                                    .type = EK_ANY_TYPE,
                                    .check = EK_AT_LOAD(check),
                                    .run = run,
                                    .outputs = EK_COUNTED_OUTPUTS};
