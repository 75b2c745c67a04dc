/* SPDX-License-Identifier: Apache-2.0 */
/* CONCATENATION, uint8: the inputs side by side along an axis. One that is quantized differently from the output is
 * brought to its units, in float32 as the reference does it:
 *   factor = s_in · (1 / s_out),  out = clamp(z_out + round(in · factor − z_in · factor)), half away from zero.
 * Source: tensorflow/lite/kernels/internal/reference/concatenation.h, ConcatenationWithScaling.
 */
#include "ek_join.h"

enum { OPTION_AXIS = 0, OPTION_ACTIVATION = 1 };

static ek_status_t find_axis(ek_call_t *call, const ek_tensor_t *output, uint32_t *axis) {
  int32_t value;
  EK_TRY(ek_call_option_i32(call, OPTION_AXIS, 0, &value));
  return ek_call_axis(call, value, output->rank, axis);
}

static bool is_like(const ek_tensor_t *a, const ek_tensor_t *b) {
  return a->scale == b->scale && a->zero_point == b->zero_point;
}

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t output;
  ek_tensor_t input;
  uint8_t activation;
  uint32_t axis;
  int32_t extent = 0;
  EK_TRY(ek_call_output(call, 0u, &output));
  EK_TRY(find_axis(call, &output, &axis));
  EK_TRY(ek_call_option_u8(call, OPTION_ACTIVATION, 0u, &activation));
  if (activation != 0u) {
    return ek_call_refuse(call, "a fused activation");
  }
  for (uint32_t i = 0; i < call->operator_.inputs.length; ++i) {
    EK_TRY(ek_call_input(call, i, &input));
    EK_TRY(ek_join_check_part(call, &output, &input, axis, &extent));
    if (!is_like(&input, &output)) {
      EK_TRY(ek_call_require_per_tensor(call, &input, EK_UINT8));
      EK_TRY(ek_call_require_per_tensor(call, &output, EK_UINT8));
    }
  }
  return extent == output.dims[axis] ? EK_OK : ek_call_reject(call, "the inputs do not make up the output");
}

static int32_t round_half_away(float value) {
  const float limit = 1024.0f; /* beyond every uint8 and its zero point */
  if (value != value) {
    return 0; /* an infinite factor times 0 */
  }
  const float near = value > limit ? limit : value < -limit ? -limit : value;
  const int32_t whole = (int32_t)near; /* towards zero */
  const float rest = near - (float)whole; /* exact */
  return whole + (rest >= 0.5f ? 1 : rest <= -0.5f ? -1 : 0);
}

/* In place, `count` elements of the output that were copied from the input. */
static void rescale(const ek_tensor_t *input, const ek_tensor_t *output, uint8_t *at, uint32_t count) {
  float from;
  float to;
  memcpy(&from, &input->scale, sizeof from);
  memcpy(&to, &output->scale, sizeof to);
  const float factor = from * (1.0f / to);
  const float bias = (float)-input->zero_point * factor;
  for (uint32_t i = 0; i < count; ++i) {
    const float product = (float)at[i] * factor;
    at[i] = (uint8_t)ek_clamp(round_half_away(product + bias) + output->zero_point, 0, UINT8_MAX);
  }
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t output;
  ek_tensor_t input;
  uint32_t axis;
  EK_TRY(ek_call_output(call, 0u, &output));
  EK_TRY(find_axis(call, &output, &axis));
  const uint32_t rows = ek_extent(&output, 0u, axis);
  EK_TRY(ek_join_inputs(call, rows));
  uint8_t *to = output.data;
  for (uint32_t i = 0; i < call->operator_.inputs.length; ++i) {
    EK_TRY(ek_call_input(call, i, &input));
    const uint32_t chunk = input.num_bytes / rows;
    for (uint32_t row = 0; row < rows && !is_like(&input, &output); ++row) {
      rescale(&input, &output, to + row * (output.num_bytes / rows), chunk);
    }
    to += chunk;
  }
  return EK_OK;
}

const ek_kernel_t ek_concatenation_uint8 = {
    .name = "CONCATENATION", .builtin = 2, .type = EK_UINT8, .is_view = false, .check = EK_AT_LOAD(check), .run = run};
