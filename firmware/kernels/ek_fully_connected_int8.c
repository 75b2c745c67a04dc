/* SPDX-License-Identifier: Apache-2.0 */
/* FULLY_CONNECTED, int8; operands as in ek_dense.h, the bias int32. Weights are int8 with one scale for each unit and
 * zero points 0, or int8 or int4 with one scale and one zero point, which usually is 0.
 * out = clamp(z_out + requantize(bias + Σ (in − z_in) · (w − z_w))).
 */
#include "ek_activation.h"
#include "ek_dense.h"
#include "ek_int4.h"

static ek_status_t check(ek_call_t *call) {
  ek_dense_t dense;
  int32_t low;
  int32_t high;
  EK_TRY(ek_dense_decode(call, &dense));
  EK_TRY(ek_call_require_per_tensor(call, &dense.input, EK_INT8));
  EK_TRY(ek_call_require_per_tensor(call, &dense.output, EK_INT8));
  EK_TRY(ek_dense_require_weights(call, &dense));
  EK_TRY(ek_activation_quantized(call, dense.activation, &dense.output, &low, &high));
  return dense.has_bias ? ek_call_require_bias(call, &dense.bias, dense.units) : EK_OK;
}

/* Σ (in − z_in) · (w − z_w) with weights of four bits, of which `first` is the first. */
static int32_t accumulate_int4(const ek_dense_t *dense, const int8_t *in, int32_t first) {
  int32_t acc = 0;
  for (int32_t i = 0; i < dense->depth; ++i) {
    const int32_t weight = ek_int4(dense->weights.data, first + i) - dense->weights.zero_point;
    acc = ek_wrapping_add(acc, (in[i] - dense->input.zero_point) * weight);
  }
  return acc;
}

/* Σ (in − z_in) · (w − z_w) */
static int32_t accumulate(const ek_dense_t *dense, const int8_t *in, const int8_t *weights) {
  int32_t acc = 0;
  if (dense->weights.zero_point == 0) {
    for (int32_t i = 0; i < dense->depth; ++i) {
      acc = ek_wrapping_add(acc, (in[i] - dense->input.zero_point) * weights[i]);
    }
  } else {
    for (int32_t i = 0; i < dense->depth; ++i) {
      acc = ek_wrapping_add(acc, (in[i] - dense->input.zero_point) * (weights[i] - dense->weights.zero_point));
    }
  }
  return acc;
}

static ek_status_t run(ek_call_t *call) {
  ek_dense_t dense;
  int32_t low;
  int32_t high;
  EK_TRY(ek_dense_decode(call, &dense));
  EK_TRY(ek_activation_quantized(call, dense.activation, &dense.output, &low, &high));
  for (int32_t unit = 0; unit < dense.units; ++unit) {
    const ek_multiplier_t multiplier =
        ek_channel_multiplier(&dense.input, &dense.weights, &dense.output, (uint32_t)unit);
    const int32_t first = unit * dense.depth;
    const int32_t bias = dense.has_bias ? ek_load_i32(dense.bias.data + 4 * unit) : 0;
    for (int32_t batch = 0; batch < dense.batches; ++batch) {
      const int8_t *in = (const int8_t *)dense.input.data + batch * dense.depth;
      const int32_t sum = dense.weights.type == EK_INT4
                              ? accumulate_int4(&dense, in, first)
                              : accumulate(&dense, in, (const int8_t *)dense.weights.data + first);
      const int32_t acc = ek_wrapping_add(sum, bias);
      const int32_t scaled = ek_wrapping_add(ek_requantize(acc, multiplier), dense.output.zero_point);
      ((int8_t *)dense.output.data)[batch * dense.units + unit] = (int8_t)ek_clamp(scaled, low, high);
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_fully_connected_int8 = {
    .name = "FULLY_CONNECTED", .builtin = 9, .type = EK_INT8, .check = EK_AT_LOAD(check), .run = run};
