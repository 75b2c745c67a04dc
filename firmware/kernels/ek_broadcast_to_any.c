/* SPDX-License-Identifier: Apache-2.0 */
/* BROADCAST_TO, any type: axes of extent 1, and axes that the input lacks in front, are repeated. */
#include "ek_shape.h"

static ek_status_t decode(ek_call_t *call, ek_tensor_t *input, ek_tensor_t *output) {
  ek_tensor_t shape;
  EK_TRY(ek_call_moved(call, 0u, input, output));
  EK_TRY(ek_call_integers(call, 1u, &shape));
  return ek_call_require_spelled(call, &shape, output);
}

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(decode(call, &input, &output));
  bool fits = input.rank <= output.rank;
  for (uint32_t axis = 0; fits && axis < output.rank; ++axis) {
    const int32_t extent = ek_broadcast_extent(&input, axis, output.rank);
    fits = extent == 1 || extent == output.dims[axis];
  }
  return fits ? EK_OK : ek_call_reject(call, "the input does not broadcast to the output");
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  int32_t from_steps[EK_MAX_RANK];
  int32_t to_steps[EK_MAX_RANK];
  EK_TRY(decode(call, &input, &output));
  ek_byte_steps(&input, from_steps);
  ek_byte_steps(&output, to_steps);
  ek_walk_t walk = {.rank = 0u};
  for (uint32_t axis = 0; axis < output.rank; ++axis) {
    const bool repeats = ek_broadcast_extent(&input, axis, output.rank) == 1;
    ek_walk_add(&walk, output.dims[axis], repeats ? 0 : from_steps[axis + input.rank - output.rank], to_steps[axis]);
  }
  ek_move(&walk, input.data, output.data, ek_type_bytes(output.type));
  return EK_OK;
}

const ek_kernel_t ek_broadcast_to_any = {.name = "BROADCAST_TO",
                                         .builtin = 130,
                                         .type = EK_ANY_TYPE,
                                         .is_view = false,
                                         .check = EK_AT_LOAD(check),
                                         .run = run};
