/* SPDX-License-Identifier: Apache-2.0 */
/* DYNAMIC_UPDATE_SLICE, any type: the first input, with the second one written over the block that starts at the
 * third, which is moved so far that the block lies inside. */
#include "ek_shape.h"

enum { INPUT_WHOLE = 0, INPUT_UPDATE = 1, INPUT_START = 2 };

typedef struct {
  ek_tensor_t whole, update, start, output;
} update_t;

static ek_status_t decode(ek_call_t *call, update_t *update) {
  EK_TRY(ek_call_moved(call, INPUT_WHOLE, &update->whole, &update->output));
  EK_TRY(ek_call_input(call, INPUT_UPDATE, &update->update));
  EK_TRY(ek_call_integers(call, INPUT_START, &update->start));
  return EK_OK;
}

static ek_status_t check(ek_call_t *call) {
  update_t update;
  EK_TRY(decode(call, &update));
  const uint32_t rank = update.whole.rank;
  if (update.update.type != update.whole.type || update.update.rank != rank || update.start.num_elements != rank) {
    return ek_call_reject(call, "the operands differ in type or rank");
  }
  for (uint32_t axis = 0; axis < rank; ++axis) {
    if (update.update.dims[axis] > update.whole.dims[axis]) {
      return ek_call_reject(call, "the update is larger than what it updates");
    }
  }
  return ek_call_require_shape(call, &update.output, rank, update.whole.dims);
}

static EK_OUT_OF_LINE void move_update(const update_t *update) {
  int32_t from_steps[EK_MAX_RANK];
  int32_t to_steps[EK_MAX_RANK];
  ek_byte_steps(&update->update, from_steps);
  ek_byte_steps(&update->output, to_steps);
  uint8_t *to = update->output.data;
  ek_walk_t walk = {.rank = 0u};
  for (uint32_t axis = 0; axis < update->whole.rank; ++axis) {
    const int64_t start = ek_integer(&update->start, axis);
    const int32_t room = update->whole.dims[axis] - update->update.dims[axis];
    to += (start < 0 ? 0 : start > room ? room : (int32_t)start) * to_steps[axis];
    ek_walk_add(&walk, update->update.dims[axis], from_steps[axis], to_steps[axis]);
  }
  ek_move(&walk, update->update.data, to, ek_type_bytes(update->output.type));
}

static ek_status_t run(ek_call_t *call) {
  update_t update;
  EK_TRY(decode(call, &update));
  memcpy(update.output.data, update.whole.data, update.output.num_bytes);
  move_update(&update);
  return EK_OK;
}

const ek_kernel_t ek_dynamic_update_slice_any = {
    .name = "DYNAMIC_UPDATE_SLICE", .builtin = 151, .type = EK_ANY_TYPE, .is_view = false, .check = EK_AT_LOAD(check),
    .run = run};
