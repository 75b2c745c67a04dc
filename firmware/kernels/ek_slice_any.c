/* SPDX-License-Identifier: Apache-2.0 */
/* SLICE, any type: a block of the input that starts at `begin` and has the size of the output. A size of −1 means all
 * that is left. Both may be computed by the model; then they are checked before every use. */
#include "ek_shape.h"

typedef struct {
  ek_tensor_t input, output, begin, size;
} slice_t;

static ek_status_t refuse_or_stop(ek_call_t *call, const ek_tensor_t *operand) {
  return operand->is_constant ? ek_call_reject(call, "a slice that is not of the output's shape or not in the input")
                              : ek_call_stop(call, "a computed slice is not in the input");
}

static ek_status_t decode(ek_call_t *call, slice_t *slice) {
  EK_TRY(ek_call_moved(call, 0u, &slice->input, &slice->output));
  EK_TRY(ek_call_integers(call, 1u, &slice->begin));
  EK_TRY(ek_call_integers(call, 2u, &slice->size));
  const uint32_t rank = slice->input.rank;
  if (slice->output.rank != rank || slice->begin.num_elements != rank || slice->size.num_elements != rank) {
    return ek_call_reject(call, "a slice has the rank of its tensor");
  }
  for (uint32_t axis = 0; axis < rank; ++axis) {
    const int32_t room = slice->input.dims[axis] - slice->output.dims[axis];
    if (room < 0) {
      return ek_call_reject(call, "a slice is larger than its tensor");
    }
    const bool begin_known = slice->begin.data != NULL;
    const int64_t begin = begin_known ? ek_integer(&slice->begin, axis) : 0;
    if (begin < 0 || begin > room) {
      return refuse_or_stop(call, &slice->begin);
    }
    const int64_t size = slice->size.data != NULL ? ek_integer(&slice->size, axis) : slice->output.dims[axis];
    if (size != slice->output.dims[axis] && (size != -1 || (begin_known && begin != room))) {
      return refuse_or_stop(call, &slice->size);
    }
  }
  return EK_OK;
}

static ek_status_t check(ek_call_t *call) {
  slice_t slice;
  return decode(call, &slice);
}

static EK_OUT_OF_LINE void move_slice(const slice_t *slice) {
  int32_t from_steps[EK_MAX_RANK];
  int32_t to_steps[EK_MAX_RANK];
  ek_byte_steps(&slice->input, from_steps);
  ek_byte_steps(&slice->output, to_steps);
  const uint8_t *from = slice->input.data;
  ek_walk_t walk = {.rank = 0u};
  for (uint32_t axis = 0; axis < slice->input.rank; ++axis) {
    from += (int32_t)ek_integer(&slice->begin, axis) * from_steps[axis];
    ek_walk_add(&walk, slice->output.dims[axis], from_steps[axis], to_steps[axis]);
  }
  ek_move(&walk, from, slice->output.data, ek_type_bytes(slice->output.type));
}

static ek_status_t run(ek_call_t *call) {
  slice_t slice;
  EK_TRY(decode(call, &slice));
  move_slice(&slice);
  return EK_OK;
}

const ek_kernel_t ek_slice_any = {
    .name = "SLICE", .builtin = 65, .type = EK_ANY_TYPE, .is_view = false, .check = EK_AT_LOAD(check), .run = run};
