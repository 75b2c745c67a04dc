/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_broadcast.h"

/* The axes of the output, last axis first, with the steps in bytes that the inputs take along them, and the first row,
 * which is axis 0. */
typedef struct {
  uint32_t extent[EK_MAX_RANK];
  uint32_t step1[EK_MAX_RANK];
  uint32_t step2[EK_MAX_RANK];
  uint32_t position[EK_MAX_RANK];
  uint32_t num_axes;
  uint32_t num_rows;
  uint32_t row_bytes; /* of the output */
  ek_row_t row;
} walk_t;

ek_status_t ek_binary_decode(ek_call_t *call, ek_binary_t *binary) {
  EK_TRY(ek_call_input(call, 0u, &binary->in1));
  EK_TRY(ek_call_input(call, 1u, &binary->in2));
  return ek_call_output(call, 0u, &binary->output);
}

/* Extent of axis `axis`, counted from the last one; axes that a tensor does not have are 1. */
static uint32_t extent(const ek_tensor_t *tensor, uint32_t axis) {
  return axis < tensor->rank ? (uint32_t)tensor->dims[tensor->rank - 1u - axis] : 1u;
}

ek_status_t ek_binary_check_mixed(ek_call_t *call, const ek_binary_t *binary, ek_type_t in1, ek_type_t in2,
                                  ek_type_t out) {
  if (binary->in1.type != (uint8_t)in1 || binary->in2.type != (uint8_t)in2 || binary->output.type != (uint8_t)out) {
    return ek_call_refuse(call, "this combination of operand types");
  }
  for (uint32_t axis = 0; axis < EK_MAX_RANK; ++axis) {
    const uint32_t a = extent(&binary->in1, axis);
    const uint32_t b = extent(&binary->in2, axis);
    if ((a != b && a != 1u && b != 1u) || extent(&binary->output, axis) != (a == 1u ? b : a)) {
      return ek_call_reject(call, "the shapes do not broadcast to the output's");
    }
  }
  return EK_OK;
}

ek_status_t ek_binary_check(ek_call_t *call, ek_type_t in, ek_type_t out) {
  ek_binary_t binary;
  EK_TRY(ek_binary_decode(call, &binary));
  return ek_binary_check_mixed(call, &binary, in, in, out);
}

ek_status_t ek_binary_require_divisor(ek_call_t *call, int32_t zero) {
  ek_tensor_t divisor;
  EK_TRY(ek_call_input(call, 1u, &divisor));
  const uint32_t bytes = ek_type_bytes(divisor.type);
  for (uint32_t i = 0; i < divisor.num_elements; ++i) {
    if (memcmp(divisor.data + bytes * i, &zero, bytes) == 0) {
      return ek_fail(&call->runtime->fault, EK_RUNTIME_FAILED, call->operator_.index, divisor.index,
                     "division by zero");
    }
  }
  return EK_OK;
}

/* Lists the axes; one that continues where the one inside it ends, in both inputs, becomes part of it. */
static EK_OWN_FRAME void list_axes(const ek_binary_t *binary, walk_t *walk) {
  uint32_t size1 = ek_type_bytes(binary->in1.type);
  uint32_t size2 = ek_type_bytes(binary->in2.type);
  uint32_t last = 0u;
  memset(walk, 0, sizeof *walk);
  walk->extent[0] = 1u;
  for (uint32_t axis = 0; axis < EK_MAX_RANK; ++axis) {
    const uint32_t whole = extent(&binary->output, axis);
    const uint32_t step1 = extent(&binary->in1, axis) == 1u ? 0u : size1;
    const uint32_t step2 = extent(&binary->in2, axis) == 1u ? 0u : size2;
    size1 *= extent(&binary->in1, axis);
    size2 *= extent(&binary->in2, axis);
    if (whole == 1u) {
      continue;
    }
    if (walk->extent[last] != 1u &&
        (step1 != walk->step1[last] * walk->extent[last] || step2 != walk->step2[last] * walk->extent[last])) {
      ++last;
      walk->extent[last] = 1u;
    }
    if (walk->extent[last] == 1u) {
      walk->step1[last] = step1;
      walk->step2[last] = step2;
    }
    walk->extent[last] *= whole;
  }
  walk->num_axes = last + 1u;
}

/* In a function of its own, so that the tensors leave the stack before the kernel runs. */
static EK_OWN_FRAME ek_status_t start(ek_call_t *call, walk_t *walk) {
  ek_binary_t binary;
  EK_TRY(ek_binary_decode(call, &binary));
  list_axes(&binary, walk);
  walk->num_rows = binary.output.num_elements / walk->extent[0];
  walk->row_bytes = walk->extent[0] * ek_type_bytes(binary.output.type);
  walk->row.in1 = binary.in1.data;
  walk->row.in2 = binary.in2.data;
  walk->row.out = binary.output.data;
  walk->row.count = walk->extent[0];
  walk->row.step1 = walk->step1[0];
  walk->row.step2 = walk->step2[0];
  return EK_OK;
}

ek_status_t ek_binary_run(ek_call_t *call, ek_row_function_t function, const void *context) {
  walk_t walk;
  EK_TRY(start(call, &walk));
  for (; walk.num_rows > 0u; --walk.num_rows) {
    function(context, &walk.row);
    walk.row.out += walk.row_bytes;
    /* Like an odometer: an axis that is through goes back to its start and the next one moves on. */
    for (uint32_t axis = 1u; axis < walk.num_axes; ++axis) {
      walk.row.in1 += walk.step1[axis];
      walk.row.in2 += walk.step2[axis];
      if (++walk.position[axis] < walk.extent[axis]) {
        break;
      }
      walk.row.in1 -= walk.step1[axis] * walk.position[axis];
      walk.row.in2 -= walk.step2[axis] * walk.position[axis];
      walk.position[axis] = 0u;
    }
  }
  return EK_OK;
}
