/* SPDX-License-Identifier: Apache-2.0 */
/* SQUEEZE, any type: the same bytes without some, or all, of the axes of extent 1. */
#include "ek_shape.h"

enum { OPTION_AXES = 0 };

/* Bit i stands for axis i, which is to go. */
static ek_status_t find_axes(ek_call_t *call, const ek_tensor_t *input, uint32_t *mask) {
  ek_vector_t axes = {0u, 0u};
  const ek_buffer_t *file = &call->runtime->model.file;
  if (call->operator_.options != 0u) {
    EK_TRY(ek_fb_vector(file, call->operator_.options, OPTION_AXES, 4u, &axes));
  }
  *mask = 0u;
  for (uint32_t i = 0; i < axes.length; ++i) {
    uint32_t axis;
    EK_TRY(ek_call_axis(call, ek_load_i32(file->bytes + axes.position + 4u * i), input->rank, &axis));
    if (input->dims[axis] != 1) {
      return ek_call_reject(call, "an axis to remove is longer than 1");
    }
    *mask |= 1u << axis;
  }
  for (uint32_t axis = 0; axes.length == 0u && axis < input->rank; ++axis) {
    *mask |= input->dims[axis] == 1 ? 1u << axis : 0u;
  }
  return EK_OK;
}

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  uint32_t mask;
  int32_t dims[EK_MAX_RANK];
  EK_TRY(ek_call_moved(call, 0u, &input, &output));
  EK_TRY(find_axes(call, &input, &mask));
  uint32_t rank = 0u;
  for (uint32_t axis = 0; axis < input.rank; ++axis) {
    if ((mask >> axis & 1u) == 0u) {
      dims[rank++] = input.dims[axis];
    }
  }
  return ek_call_require_shape(call, &output, rank, dims);
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

const ek_kernel_t ek_squeeze_any = {
    .name = "SQUEEZE", .builtin = 43, .type = EK_ANY_TYPE, .is_view = true, .check = EK_AT_LOAD(check), .run = run};
