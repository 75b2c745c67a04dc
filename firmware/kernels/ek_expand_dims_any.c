/* SPDX-License-Identifier: Apache-2.0 */
/* EXPAND_DIMS, any type: the same bytes with one more axis, of extent 1. The axis counts in the output's rank. */
#include "ek_shape.h"

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  uint32_t added;
  int32_t dims[EK_MAX_RANK + 1u];
  EK_TRY(ek_call_moved(call, 0u, &input, &output));
  EK_TRY(ek_call_constant_axis(call, 1u, input.rank + 1u, &added));
  for (uint32_t axis = 0; axis <= input.rank; ++axis) {
    dims[axis] = axis == added ? 1 : input.dims[axis < added ? axis : axis - 1u];
  }
  return ek_call_require_shape(call, &output, input.rank + 1u, dims);
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_moved(call, 0u, &input, &output));
  if (output.data != input.data) {
    memcpy(output.data, input.data, output.num_bytes);
  }
  return EK_OK;
}

const ek_kernel_t ek_expand_dims_any = {
    .name = "EXPAND_DIMS", .builtin = 70, .type = EK_ANY_TYPE, .is_view = true, .check = EK_AT_LOAD(check), .run = run};
