/* SPDX-License-Identifier: Apache-2.0 */
/* FULLY_CONNECTED, int16 activations with int8 weights (16x8); operands as in ek_dense.h. Activations
 * have zero point 0; weights have one scale and one zero point, or one scale for each unit and zero points 0.
 * out = clamp(requantize(bias + Σ in · (w − z_w))); about the bias and the width of the sums see ek_wide.h.
 */
#include "ek_access.h"
#include "ek_activation.h"
#include "ek_dense.h"
#include "ek_wide.h"

static ek_status_t check(ek_call_t *call) {
  ek_dense_t dense;
  int32_t low;
  int32_t high;
  EK_TRY(ek_dense_decode(call, &dense));
  EK_TRY(ek_call_require_per_tensor(call, &dense.input, EK_INT16));
  EK_TRY(ek_call_require_per_tensor(call, &dense.output, EK_INT16));
  EK_TRY(ek_dense_require_weights(call, &dense));
  if (dense.input.zero_point != 0 || dense.output.zero_point != 0) {
    return ek_call_refuse(call, "int16 with a zero point other than 0");
  }
  if (dense.has_bias && dense.bias.type != EK_INT64 && dense.bias.type != EK_INT32) {
    return ek_call_refuse(call, "a bias of this type");
  }
  for (uint32_t i = 0; i < dense.weights.num_scales; ++i) {
    if (ek_channel_multiplier(&dense.input, &dense.weights, &dense.output, i).shift > EK_WIDE_MAX_SHIFT) {
      return ek_call_refuse(call, "an output scale too small for its input and weights");
    }
  }
  return ek_activation_quantized(call, dense.activation, &dense.output, &low, &high);
}

/* Σ in · (w − z_w) */
static int64_t accumulate(const ek_dense_t *dense, int32_t unit, int32_t batch) {
  const uint8_t *in = dense->input.data + sizeof(int16_t) * (uint32_t)batch * (uint32_t)dense->depth;
  const int8_t *weights = (const int8_t *)dense->weights.data + unit * dense->depth;
  int64_t acc = 0;
  for (int32_t i = 0; i < dense->depth; ++i) {
    acc += ek_load_i16(in + sizeof(int16_t) * (uint32_t)i) * (weights[i] - dense->weights.zero_point);
  }
  return acc;
}

static ek_status_t run(ek_call_t *call) {
  ek_dense_t dense;
  int32_t low;
  int32_t high;
  EK_TRY(ek_dense_decode(call, &dense));
  EK_TRY(ek_activation_quantized(call, dense.activation, &dense.output, &low, &high));
  const ek_tensor_t *bias = dense.has_bias ? &dense.bias : NULL;
  int16_t *out = (int16_t *)(void *)dense.output.data;
  for (int32_t unit = 0; unit < dense.units; ++unit) {
    const ek_multiplier_t multiplier =
        ek_channel_multiplier(&dense.input, &dense.weights, &dense.output, (uint32_t)unit);
    for (int32_t batch = 0; batch < dense.batches; ++batch) {
      const int32_t scaled = ek_requantize_sum(accumulate(&dense, unit, batch), bias, (uint32_t)unit, multiplier);
      out[batch * dense.units + unit] = (int16_t)ek_clamp(scaled, low, high);
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_fully_connected_int16 = {
    .name = "FULLY_CONNECTED", .builtin = 9, .type = EK_INT16, .check = EK_AT_LOAD(check), .run = run};
