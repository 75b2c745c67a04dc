/* SPDX-License-Identifier: Apache-2.0 */
/* ADD, int8, with broadcasting of dimensions of size 1.
 * Both inputs are brought to a common scale, 2·max(s1, s2) / 2^20, added, and brought to the output's:
 *   a = requantize((in1 − z1) · 2^20, s1 / (2·max)),  b likewise,
 *   out = clamp(z_out + requantize(a + b, 2·max / (2^20 · s_out))).
 * Source: tensorflow/lite/kernels/internal/reference/integer_ops/add.h.
 */
#include "ek_kernel.h"

#define LEFT_SHIFT 20

enum { OPTION_ACTIVATION = 0 };

typedef struct {
  ek_tensor_t in1, in2, output;
  ek_multiplier_t multiplier1, multiplier2, output_multiplier;
  int32_t low, high;
} add_t;

static ek_status_t decode(ek_call_t *call, add_t *add) {
  uint8_t activation;
  EK_TRY(ek_call_input(call, 0u, &add->in1));
  EK_TRY(ek_call_input(call, 1u, &add->in2));
  EK_TRY(ek_call_output(call, 0u, &add->output));
  EK_TRY(ek_call_require_per_tensor(call, &add->in1, EK_INT8));
  EK_TRY(ek_call_require_per_tensor(call, &add->in2, EK_INT8));
  EK_TRY(ek_call_require_per_tensor(call, &add->output, EK_INT8));
  EK_TRY(ek_call_option_u8(call, OPTION_ACTIVATION, 0u, &activation));
  /* Positive floats order like their bits. */
  const uint32_t largest = add->in1.scale > add->in2.scale ? add->in1.scale : add->in2.scale;
  add->multiplier1 = ek_multiplier(add->in1.scale, EK_FLOAT_ONE, largest, -1);
  add->multiplier2 = ek_multiplier(add->in2.scale, EK_FLOAT_ONE, largest, -1);
  add->output_multiplier = ek_multiplier(largest, EK_FLOAT_ONE, add->output.scale, 1 - LEFT_SHIFT);
  return ek_call_activation_int8(call, activation, &add->output, &add->low, &add->high);
}

/* Extent of axis `axis`, counted from the last one, of a tensor that broadcasts. */
static int32_t extent(const ek_tensor_t *tensor, uint32_t axis) {
  return axis < tensor->rank ? tensor->dims[tensor->rank - 1u - axis] : 1;
}

static ek_status_t check(ek_call_t *call) {
  add_t add;
  EK_TRY(decode(call, &add));
  if (add.output_multiplier.shift > 0) {
    return ek_call_refuse(call, "an output scale below a millionth of the inputs'");
  }
  for (uint32_t axis = 0; axis < EK_MAX_RANK; ++axis) {
    const int32_t a = extent(&add.in1, axis);
    const int32_t b = extent(&add.in2, axis);
    if ((a != b && a != 1 && b != 1) || extent(&add.output, axis) != (a == 1 ? b : a)) {
      return ek_call_reject(call, "the shapes do not broadcast to the output's");
    }
  }
  return EK_OK;
}

static int8_t add_one(const add_t *add, int8_t value1, int8_t value2) {
  const int32_t a = ek_requantize((value1 - add->in1.zero_point) * (1 << LEFT_SHIFT), add->multiplier1);
  const int32_t b = ek_requantize((value2 - add->in2.zero_point) * (1 << LEFT_SHIFT), add->multiplier2);
  const int32_t sum = ek_requantize(a + b, add->output_multiplier) + add->output.zero_point;
  return (int8_t)ek_clamp(sum, add->low, add->high);
}

/* Steps in elements along each axis, last axis first; 0 where the tensor is repeated. */
static void strides(const ek_tensor_t *tensor, int32_t *steps) {
  int32_t step = 1;
  for (uint32_t axis = 0; axis < EK_MAX_RANK; ++axis) {
    steps[axis] = extent(tensor, axis) == 1 ? 0 : step;
    step *= extent(tensor, axis);
  }
}

static void add_broadcast(const add_t *add) {
  int32_t steps1[EK_MAX_RANK];
  int32_t steps2[EK_MAX_RANK];
  int32_t position[EK_MAX_RANK] = {0};
  strides(&add->in1, steps1);
  strides(&add->in2, steps2);
  const int8_t *in1 = (const int8_t *)add->in1.data;
  const int8_t *in2 = (const int8_t *)add->in2.data;
  int8_t *out = (int8_t *)add->output.data;
  for (uint32_t i = 0; i < add->output.num_elements; ++i) {
    out[i] = add_one(add, *in1, *in2);
    /* Like an odometer: an axis that is through goes back to its start and the next one moves on. */
    for (uint32_t axis = 0; axis < EK_MAX_RANK; ++axis) {
      in1 += steps1[axis];
      in2 += steps2[axis];
      if (++position[axis] < extent(&add->output, axis)) {
        break;
      }
      in1 -= steps1[axis] * position[axis];
      in2 -= steps2[axis] * position[axis];
      position[axis] = 0;
    }
  }
}

static ek_status_t run(ek_call_t *call) {
  add_t add;
  EK_TRY(decode(call, &add));
  if (add.in1.num_elements != add.output.num_elements || add.in2.num_elements != add.output.num_elements) {
    add_broadcast(&add);
    return EK_OK;
  }
  const int8_t *in1 = (const int8_t *)add.in1.data;
  const int8_t *in2 = (const int8_t *)add.in2.data;
  int8_t *out = (int8_t *)add.output.data;
  for (uint32_t i = 0; i < add.output.num_elements; ++i) {
    out[i] = add_one(&add, in1[i], in2[i]);
  }
  return EK_OK;
}

const ek_kernel_t ek_add_int8 = {.name = "ADD",
                                 .builtin = 0,
                                 .type = EK_INT8,
                                 .check = check,
                                 .run = run,
                                 .overlap = ek_overlap_elementwise};
