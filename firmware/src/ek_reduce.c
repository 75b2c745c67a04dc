/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_reduce.h"

/* Some of the input's axes, last one first, with their steps in elements. */
typedef struct {
  uint32_t extent[EK_MAX_RANK];
  uint32_t step[EK_MAX_RANK];
  uint32_t position[EK_MAX_RANK];
  uint32_t num_axes;
} walk_t;

ek_status_t ek_reduce_decode(ek_call_t *call, ek_reduce_t *reduce) {
  ek_tensor_t axes;
  EK_TRY(ek_call_input(call, 0u, &reduce->input));
  EK_TRY(ek_call_any_input(call, 1u, &axes));
  EK_TRY(ek_call_output(call, 0u, &reduce->output));
  if (axes.type != EK_INT32 || !axes.is_constant) {
    return ek_call_refuse(call, "axes that are not constant int32");
  }
  const int32_t rank = reduce->input.rank;
  reduce->axes = 0u;
  reduce->num_folded = 1u;
  /* A scalar has no axes, whatever the list says. */
  for (uint32_t i = 0; i < (rank == 0 ? 0u : axes.num_elements); ++i) {
    const int32_t given = ek_load_i32(axes.data + sizeof(int32_t) * i);
    if (given < -rank || given >= rank) {
      return ek_call_reject(call, "an axis that the input does not have");
    }
    const uint32_t axis = (uint32_t)(given < 0 ? given + rank : given);
    if ((reduce->axes >> axis & 1u) == 0u) {
      reduce->axes |= 1u << axis;
      reduce->num_folded *= (uint32_t)reduce->input.dims[axis];
    }
  }
  return EK_OK;
}

static ek_status_t check(ek_call_t *call, const ek_reduce_t *reduce, ek_type_t type) {
  if (reduce->input.type != (uint8_t)type || reduce->output.type != (uint8_t)type) {
    return ek_call_refuse(call, "input and output of different types");
  }
  if (reduce->input.num_elements / reduce->num_folded != reduce->output.num_elements) {
    return ek_call_reject(call, "an output of another size than the axes leave");
  }
  return EK_OK;
}

ek_status_t ek_reduce_check(ek_call_t *call, ek_type_t type) {
  ek_reduce_t reduce;
  EK_TRY(ek_reduce_decode(call, &reduce));
  return check(call, &reduce, type);
}

ek_status_t ek_reduce_check_same_scale(ek_call_t *call, ek_type_t type) {
  ek_reduce_t reduce;
  EK_TRY(ek_reduce_decode(call, &reduce));
  EK_TRY(check(call, &reduce, type));
  if (reduce.input.scale != reduce.output.scale || reduce.input.zero_point != reduce.output.zero_point) {
    return ek_call_refuse(call, "input and output of different scales or zero points");
  }
  return EK_OK;
}

/* Lists the axes whose bit in `axes` is set; one that continues where the one inside it ends becomes part of it. */
static void list_axes(const ek_tensor_t *tensor, uint32_t axes, walk_t *walk) {
  uint32_t step = 1u;
  walk->num_axes = 0u;
  for (uint32_t axis = tensor->rank; axis-- > 0u;) {
    const uint32_t extent = (uint32_t)tensor->dims[axis];
    const uint32_t last = walk->num_axes - 1u;
    if ((axes >> axis & 1u) != 0u) {
      if (walk->num_axes > 0u && walk->step[last] * walk->extent[last] == step) {
        walk->extent[last] *= extent;
      } else {
        walk->extent[walk->num_axes] = extent;
        walk->step[walk->num_axes] = step;
        walk->position[walk->num_axes] = 0u;
        ++walk->num_axes;
      }
    }
    step *= extent;
  }
}

/* Moves on along axis `first`, or the next one when that is through; returns the new offset in elements. Like an
 * odometer, it starts over at its end. */
static uint32_t advance(walk_t *walk, uint32_t first, uint32_t offset) {
  for (uint32_t axis = first; axis < walk->num_axes; ++axis) {
    offset += walk->step[axis];
    if (++walk->position[axis] < walk->extent[axis]) {
      break;
    }
    offset -= walk->step[axis] * walk->position[axis];
    walk->position[axis] = 0u;
  }
  return offset;
}

void ek_reduce_run(const ek_reduce_t *reduce, ek_fold_t fold, ek_store_t store, void *context) {
  walk_t kept;
  walk_t folded;
  list_axes(&reduce->input, ~reduce->axes, &kept);
  list_axes(&reduce->input, reduce->axes, &folded);
  const uint32_t bytes = ek_type_bytes(reduce->input.type);
  const uint32_t count = folded.num_axes == 0u ? 1u : folded.extent[0];
  const uint32_t step = folded.num_axes == 0u ? 0u : folded.step[0] * bytes;
  uint32_t offset = 0u;
  for (uint32_t index = 0; index < reduce->output.num_elements; ++index) {
    uint32_t inner = 0u;
    for (uint32_t left = reduce->num_folded / count; left > 0u; --left) {
      fold(context, reduce->input.data + bytes * (offset + inner), count, step);
      inner = advance(&folded, 1u, inner);
    }
    store(context, index);
    offset = advance(&kept, 0u, offset);
  }
}
