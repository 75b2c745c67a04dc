/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_broadcast.h"

/* One axis of the output, last axis first, with the steps in elements that the inputs take along it. */
typedef struct {
  uint32_t extent[EK_MAX_RANK];
  uint32_t step1[EK_MAX_RANK];
  uint32_t step2[EK_MAX_RANK];
  uint32_t num_axes;
} axes_t;

ek_status_t ek_binary_decode(ek_call_t *call, ek_binary_t *binary) {
  EK_TRY(ek_call_input(call, 0u, &binary->in1));
  EK_TRY(ek_call_input(call, 1u, &binary->in2));
  return ek_call_output(call, 0u, &binary->output);
}

/* Extent of axis `axis`, counted from the last one; axes that a tensor does not have are 1. */
static uint32_t extent(const ek_tensor_t *tensor, uint32_t axis) {
  return axis < tensor->rank ? (uint32_t)tensor->dims[tensor->rank - 1u - axis] : 1u;
}

static ek_status_t check(ek_call_t *call, const ek_binary_t *binary, ek_type_t in, ek_type_t out) {
  if (binary->in1.type != (uint8_t)in || binary->in2.type != (uint8_t)in || binary->output.type != (uint8_t)out) {
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
  return check(call, &binary, in, out);
}

ek_status_t ek_binary_check_same_scale(ek_call_t *call, ek_type_t type) {
  ek_binary_t binary;
  EK_TRY(ek_binary_decode(call, &binary));
  EK_TRY(check(call, &binary, type, type));
  if (binary.in1.scale != binary.output.scale || binary.in1.zero_point != binary.output.zero_point ||
      binary.in2.scale != binary.output.scale || binary.in2.zero_point != binary.output.zero_point) {
    return ek_call_refuse(call, "operands of different scales or zero points");
  }
  return EK_OK;
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
static void list_axes(const ek_binary_t *binary, axes_t *axes) {
  uint32_t size1 = 1u;
  uint32_t size2 = 1u;
  uint32_t last = 0u;
  axes->extent[0] = 1u;
  axes->step1[0] = 0u;
  axes->step2[0] = 0u;
  for (uint32_t axis = 0; axis < EK_MAX_RANK; ++axis) {
    const uint32_t whole = extent(&binary->output, axis);
    const uint32_t step1 = extent(&binary->in1, axis) == 1u ? 0u : size1;
    const uint32_t step2 = extent(&binary->in2, axis) == 1u ? 0u : size2;
    size1 *= extent(&binary->in1, axis);
    size2 *= extent(&binary->in2, axis);
    if (whole == 1u) {
      continue;
    }
    if (axes->extent[last] == 1u) {
      axes->step1[last] = step1;
      axes->step2[last] = step2;
    } else if (step1 != axes->step1[last] * axes->extent[last] || step2 != axes->step2[last] * axes->extent[last]) {
      ++last;
      axes->extent[last] = 1u;
      axes->step1[last] = step1;
      axes->step2[last] = step2;
    }
    axes->extent[last] *= whole;
  }
  axes->num_axes = last + 1u;
}

ek_status_t ek_binary_run(ek_call_t *call, ek_row_function_t function, const void *context) {
  ek_binary_t binary;
  axes_t axes;
  EK_TRY(ek_binary_decode(call, &binary));
  list_axes(&binary, &axes);
  const uint32_t in_bytes = ek_type_bytes(binary.in1.type);
  const uint32_t row_bytes = axes.extent[0] * ek_type_bytes(binary.output.type);
  uint32_t position[EK_MAX_RANK] = {0u};
  ek_row_t row = {binary.in1.data, binary.in2.data,          binary.output.data,
                  axes.extent[0],  axes.step1[0] * in_bytes, axes.step2[0] * in_bytes};
  for (uint32_t left = binary.output.num_elements / axes.extent[0]; left > 0u; --left) {
    function(context, &row);
    row.out += row_bytes;
    /* Like an odometer: an axis that is through goes back to its start and the next one moves on. */
    for (uint32_t axis = 1u; axis < axes.num_axes; ++axis) {
      const uint32_t step1 = axes.step1[axis] * in_bytes;
      const uint32_t step2 = axes.step2[axis] * in_bytes;
      row.in1 += step1;
      row.in2 += step2;
      if (++position[axis] < axes.extent[axis]) {
        break;
      }
      row.in1 -= step1 * position[axis];
      row.in2 -= step2 * position[axis];
      position[axis] = 0u;
    }
  }
  return EK_OK;
}
