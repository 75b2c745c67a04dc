/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_join.h"

ek_status_t ek_join_check_part(ek_call_t *call, const ek_tensor_t *whole, const ek_tensor_t *part, uint32_t axis,
                               int32_t *extent) {
  int32_t dims[EK_MAX_RANK];
  if (part->type != whole->type || part->rank != whole->rank) {
    return ek_call_reject(call, "operands that are joined differ in type or rank");
  }
  memcpy(dims, whole->dims, sizeof dims);
  dims[axis] = part->dims[axis];
  EK_TRY(ek_call_require_shape(call, part, whole->rank, dims));
  /* Each is within the whole, so that the sum cannot wrap. */
  if (part->dims[axis] > whole->dims[axis] - *extent) {
    return ek_call_reject(call, "the parts are larger than the whole");
  }
  *extent += part->dims[axis];
  return EK_OK;
}

ek_status_t ek_join_check_slice(ek_call_t *call, const ek_tensor_t *whole, const ek_tensor_t *part, uint32_t axis) {
  int32_t dims[EK_MAX_RANK];
  if (part->type != whole->type) {
    return ek_call_reject(call, "operands that are joined differ in type");
  }
  uint32_t rank = 0u;
  for (uint32_t i = 0; i < whole->rank; ++i) {
    if (i != axis) {
      dims[rank++] = whole->dims[i];
    }
  }
  return ek_call_require_shape(call, part, rank, dims);
}

static void move_rows(uint32_t rows, uint32_t bytes, const uint8_t *from, uint32_t from_step, uint8_t *to,
                      uint32_t to_step) {
  ek_walk_t walk = {.rank = 0u};
  ek_walk_add(&walk, (int32_t)rows, (int32_t)from_step, (int32_t)to_step);
  ek_move(&walk, from, to, bytes);
}

ek_status_t ek_join_inputs(ek_call_t *call, uint32_t rows) {
  ek_tensor_t whole;
  ek_tensor_t part;
  EK_TRY(ek_call_output(call, 0u, &whole));
  uint8_t *to = whole.data;
  for (uint32_t i = 0; i < call->operator_.inputs.length; ++i) {
    EK_TRY(ek_call_input(call, i, &part));
    const uint32_t chunk = part.num_bytes / rows;
    move_rows(rows, chunk, part.data, chunk, to, whole.num_bytes / rows);
    to += chunk;
  }
  return EK_OK;
}

ek_status_t ek_join_outputs(ek_call_t *call, const ek_tensor_t *whole, uint32_t rows) {
  ek_tensor_t part;
  const uint8_t *from = whole->data;
  for (uint32_t i = 0; i < call->operator_.outputs.length; ++i) {
    EK_TRY(ek_call_output(call, i, &part));
    const uint32_t chunk = part.num_bytes / rows;
    move_rows(rows, chunk, from, whole->num_bytes / rows, part.data, chunk);
    from += chunk;
  }
  return EK_OK;
}

ek_status_t ek_join_check_outputs(ek_call_t *call, const ek_tensor_t *whole, uint32_t axis) {
  ek_tensor_t part;
  int32_t extent = 0;
  for (uint32_t i = 0; i < call->operator_.outputs.length; ++i) {
    EK_TRY(ek_call_output(call, i, &part));
    EK_TRY(ek_join_check_part(call, whole, &part, axis, &extent));
  }
  return extent == whole->dims[axis] ? EK_OK : ek_call_reject(call, "the outputs do not make up the input");
}
