/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_shape.h"

void ek_walk_add(ek_walk_t *walk, int32_t extent, int32_t from_step, int32_t to_step) {
  if (extent == 1) {
    return;
  }
  const uint32_t outer = walk->rank - 1u;
  /* An axis that goes on where the one around it steps to is part of it. */
  if (walk->rank > 0u && walk->from_steps[outer] == (int64_t)from_step * extent &&
      walk->to_steps[outer] == (int64_t)to_step * extent) {
    walk->extents[outer] *= extent;
    walk->from_steps[outer] = from_step;
    walk->to_steps[outer] = to_step;
    return;
  }
  walk->extents[walk->rank] = extent;
  walk->from_steps[walk->rank] = from_step;
  walk->to_steps[walk->rank] = to_step;
  ++walk->rank;
}

/* Constant sizes become single loads and stores. */
static inline void copy_element(uint8_t *to, const uint8_t *from, uint32_t bytes) {
  switch (bytes) {
    case 1u:
      *to = *from;
      break;
    case 2u:
      memcpy(to, from, 2u);
      break;
    case 4u:
      memcpy(to, from, 4u);
      break;
    default:
      memcpy(to, from, bytes);
      break;
  }
}

void ek_move(ek_walk_t *walk, const uint8_t *from, uint8_t *to, uint32_t element_bytes) {
  uint32_t run = element_bytes;
  if (walk->rank > 0u && walk->from_steps[walk->rank - 1u] == (int32_t)run &&
      walk->to_steps[walk->rank - 1u] == (int32_t)run) {
    run *= (uint32_t)walk->extents[walk->rank - 1u];
    --walk->rank;
  }
  int32_t position[EK_MAX_RANK] = {0};
  for (;;) {
    copy_element(to, from, run);
    /* Like an odometer: an axis that is through goes back to its start and the one around it moves on. */
    uint32_t axis = walk->rank;
    while (axis > 0u && position[axis - 1u] == walk->extents[axis - 1u] - 1) {
      --axis;
      from -= walk->from_steps[axis] * position[axis];
      to -= walk->to_steps[axis] * position[axis];
      position[axis] = 0;
    }
    if (axis == 0u) {
      return;
    }
    ++position[axis - 1u];
    from += walk->from_steps[axis - 1u];
    to += walk->to_steps[axis - 1u];
  }
}

void ek_fill(uint8_t *to, const uint8_t *value, uint32_t count, uint32_t element_bytes) {
  uint32_t same = 1u;
  for (uint32_t i = 1; i < element_bytes; ++i) {
    same &= value[i] == value[0] ? 1u : 0u;
  }
  if (same != 0u) {
    memset(to, value[0], (size_t)count * element_bytes);
    return;
  }
  for (uint32_t i = 0; i < count; ++i) {
    copy_element(to + (size_t)i * element_bytes, value, element_bytes);
  }
}

void ek_zero_of(const ek_tensor_t *tensor, uint8_t zero[8]) {
  memset(zero, 0, 8u);
  if (tensor->num_scales > 0u && (tensor->type == EK_INT8 || tensor->type == EK_UINT8)) {
    zero[0] = (uint8_t)tensor->zero_point;
  }
}

void ek_byte_steps(const ek_tensor_t *tensor, int32_t steps[EK_MAX_RANK]) {
  int32_t step = (int32_t)ek_type_bytes(tensor->type);
  for (uint32_t axis = tensor->rank; axis > 0u; --axis) {
    steps[axis - 1u] = step;
    step *= tensor->dims[axis - 1u];
  }
}

uint32_t ek_extent(const ek_tensor_t *tensor, uint32_t first, uint32_t end) {
  uint32_t product = 1u;
  for (uint32_t axis = first; axis < end; ++axis) {
    product *= (uint32_t)tensor->dims[axis];
  }
  return product;
}

int32_t ek_broadcast_extent(const ek_tensor_t *tensor, uint32_t axis, uint32_t rank) {
  return axis + tensor->rank < rank ? 1 : tensor->dims[axis + tensor->rank - rank];
}

int64_t ek_integer(const ek_tensor_t *tensor, uint32_t index) {
  return tensor->type == EK_INT64 ? ek_load_i64(tensor->data + 8u * index) : ek_load_i32(tensor->data + 4u * index);
}

ek_status_t ek_call_moved(ek_call_t *call, uint32_t position, ek_tensor_t *input, ek_tensor_t *output) {
  EK_TRY(ek_call_input(call, position, input));
  EK_TRY(ek_call_output(call, 0u, output));
  return input->type == output->type ? EK_OK : ek_call_reject(call, "input and output differ in type");
}

ek_status_t ek_call_integers(ek_call_t *call, uint32_t position, ek_tensor_t *tensor) {
  EK_TRY(ek_call_any_input(call, position, tensor));
  return tensor->type == EK_INT32 || tensor->type == EK_INT64
             ? EK_OK
             : ek_call_refuse(call, "indices, axes or shapes that are neither int32 nor int64");
}

ek_status_t ek_call_constants(ek_call_t *call, uint32_t position, uint32_t count, ek_tensor_t *tensor) {
  EK_TRY(ek_call_integers(call, position, tensor));
  if (!tensor->is_constant) {
    return ek_call_refuse(call, "an axis or a shape that the model computes itself");
  }
  return tensor->num_elements == count ? EK_OK : ek_call_reject(call, "an axis or a shape of another length");
}

ek_status_t ek_call_axis(ek_call_t *call, int64_t value, uint32_t rank, uint32_t *axis) {
  *axis = 0u;
  if (value < -(int64_t)rank || value >= (int64_t)rank) {
    return ek_call_reject(call, "an axis that the tensor does not have");
  }
  *axis = (uint32_t)(value < 0 ? value + (int64_t)rank : value);
  return EK_OK;
}

ek_status_t ek_call_constant_axis(ek_call_t *call, uint32_t position, uint32_t rank, uint32_t *axis) {
  ek_tensor_t tensor;
  EK_TRY(ek_call_constants(call, position, 1u, &tensor));
  return ek_call_axis(call, ek_integer(&tensor, 0u), rank, axis);
}

ek_status_t ek_call_require_shape(ek_call_t *call, const ek_tensor_t *tensor, uint32_t rank, const int32_t *dims) {
  bool same = tensor->rank == rank;
  for (uint32_t axis = 0; same && axis < rank; ++axis) {
    same = tensor->dims[axis] == dims[axis];
  }
  return same ? EK_OK : ek_call_reject(call, "the shape of an operand is not what follows from the others");
}

ek_status_t ek_call_require_spelled(ek_call_t *call, const ek_tensor_t *spelled, const ek_tensor_t *tensor) {
  bool same = spelled->num_elements == tensor->rank;
  for (uint32_t axis = 0; same && spelled->data != NULL && axis < tensor->rank; ++axis) {
    same = ek_integer(spelled, axis) == tensor->dims[axis];
  }
  if (same) {
    return EK_OK;
  }
  return spelled->is_constant || spelled->data == NULL
             ? ek_call_reject(call, "the output has not the shape that the operator was asked for")
             : ek_call_stop(call, "a computed shape is not the one in the file");
}

ek_status_t ek_call_stop(ek_call_t *call, const char *reason) {
  return ek_fail(&call->runtime->fault, EK_RUNTIME_FAILED, call->operator_.index, EK_NOWHERE, reason);
}
