/* SPDX-License-Identifier: Apache-2.0 */
/* REVERSE_V2, any type: some axes run backwards. */
#include "ek_shape.h"

static ek_status_t find_axes(ek_call_t *call, const ek_tensor_t *input, uint32_t *mask) {
  ek_tensor_t axes;
  EK_TRY(ek_call_integers(call, 1u, &axes));
  EK_TRY(ek_call_constants(call, 1u, axes.num_elements, &axes));
  *mask = 0u;
  for (uint32_t i = 0; i < axes.num_elements; ++i) {
    uint32_t axis;
    EK_TRY(ek_call_axis(call, ek_integer(&axes, i), input->rank, &axis));
    if ((*mask >> axis & 1u) != 0u) {
      return ek_call_reject(call, "an axis is named twice");
    }
    *mask |= 1u << axis;
  }
  return EK_OK;
}

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  uint32_t mask;
  EK_TRY(ek_call_moved(call, 0u, &input, &output));
  EK_TRY(find_axes(call, &input, &mask));
  return ek_call_require_shape(call, &output, input.rank, input.dims);
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  uint32_t mask;
  int32_t steps[EK_MAX_RANK];
  EK_TRY(ek_call_moved(call, 0u, &input, &output));
  EK_TRY(find_axes(call, &input, &mask));
  ek_byte_steps(&input, steps);
  const uint8_t *from = input.data;
  ek_walk_t walk = {.rank = 0u};
  for (uint32_t axis = 0; axis < input.rank; ++axis) {
    const bool backwards = (mask >> axis & 1u) != 0u;
    from += backwards ? (input.dims[axis] - 1) * steps[axis] : 0;
    ek_walk_add(&walk, input.dims[axis], backwards ? -steps[axis] : steps[axis], steps[axis]);
  }
  ek_move(&walk, from, output.data, ek_type_bytes(output.type));
  return EK_OK;
}

const ek_kernel_t ek_reverse_v2_any = {.name = "REVERSE_V2",
                                       .builtin = 105,
                                       .type = EK_ANY_TYPE,
                                       .is_view = false,
                                       .check = EK_AT_LOAD(check),
                                       .run = run};
