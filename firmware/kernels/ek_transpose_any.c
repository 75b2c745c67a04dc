/* SPDX-License-Identifier: Apache-2.0 */
/* TRANSPOSE, any type: axis i of the output is axis order[i] of the input. */
#include "ek_shape.h"

typedef struct {
  ek_tensor_t input, output;
  uint32_t order[EK_MAX_RANK];
} transpose_t;

static ek_status_t decode(ek_call_t *call, transpose_t *transpose) {
  ek_tensor_t order;
  EK_TRY(ek_call_moved(call, 0u, &transpose->input, &transpose->output));
  EK_TRY(ek_call_constants(call, 1u, transpose->input.rank, &order));
  for (uint32_t i = 0; i < transpose->input.rank; ++i) {
    EK_TRY(ek_call_axis(call, ek_integer(&order, i), transpose->input.rank, &transpose->order[i]));
  }
  return EK_OK;
}

static ek_status_t check(ek_call_t *call) {
  transpose_t transpose;
  int32_t dims[EK_MAX_RANK];
  uint32_t seen = 0u;
  EK_TRY(decode(call, &transpose));
  for (uint32_t i = 0; i < transpose.input.rank; ++i) {
    seen |= 1u << transpose.order[i];
    dims[i] = transpose.input.dims[transpose.order[i]];
  }
  if (seen != (1u << transpose.input.rank) - 1u) {
    return ek_call_reject(call, "an axis is moved to two places");
  }
  return ek_call_require_shape(call, &transpose.output, transpose.input.rank, dims);
}

static ek_status_t run(ek_call_t *call) {
  transpose_t transpose;
  int32_t from_steps[EK_MAX_RANK];
  int32_t to_steps[EK_MAX_RANK];
  EK_TRY(decode(call, &transpose));
  ek_byte_steps(&transpose.input, from_steps);
  ek_byte_steps(&transpose.output, to_steps);
  ek_walk_t walk = {.rank = 0u};
  for (uint32_t i = 0; i < transpose.output.rank; ++i) {
    ek_walk_add(&walk, transpose.output.dims[i], from_steps[transpose.order[i]], to_steps[i]);
  }
  ek_move(&walk, transpose.input.data, transpose.output.data, ek_type_bytes(transpose.output.type));
  return EK_OK;
}

const ek_kernel_t ek_transpose_any = {
    .name = "TRANSPOSE", .builtin = 39, .type = EK_ANY_TYPE, .is_view = false, .check = EK_AT_LOAD(check), .run = run};
