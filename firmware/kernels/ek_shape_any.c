/* SPDX-License-Identifier: Apache-2.0 */
/* SHAPE, any type: the extents of the input, as int32 or int64. */
#include "ek_shape.h"

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  if (output.type != EK_INT32 && output.type != EK_INT64) {
    return ek_call_refuse(call, "a shape that is neither int32 nor int64");
  }
  const int32_t length = (int32_t)input.rank;
  return ek_call_require_shape(call, &output, 1u, &length);
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  const uint32_t bytes = ek_type_bytes(output.type);
  for (uint32_t axis = 0; axis < input.rank; ++axis) {
    const int64_t extent = input.dims[axis];
    memcpy(output.data + bytes * axis, &extent, bytes); /* little-endian: the lower half comes first */
  }
  return EK_OK;
}

const ek_kernel_t ek_shape_any = {
    .name = "SHAPE", .builtin = 77, .type = EK_ANY_TYPE, .is_view = false, .check = EK_AT_LOAD(check), .run = run};
