/* SPDX-License-Identifier: Apache-2.0 */
/* FULLY_CONNECTED, uint8 (legacy); operands as in ek_dense.h, one scale and any zero point for each, the bias int32.
 * out = clamp(z_out + round((bias + Σ (in − z_in) · (w − z_w)) · (s_in · s_w / s_out))).
 * The factor and the product with it are doubles in LiteRT, which decides about uint8; convolutions of uint8 have the
 * usual multiplier of 31 bits instead. A product beyond int32 becomes the lowest number, and the zero point's sum wraps.
 */
#include "ek_activation.h"
#include "ek_dense.h"

static ek_status_t check(ek_call_t *call) {
  ek_dense_t dense;
  int32_t low;
  int32_t high;
  EK_TRY(ek_dense_decode(call, &dense));
  EK_TRY(ek_require_quantized(call, &dense.input, EK_UINT8));
  EK_TRY(ek_require_quantized(call, &dense.weights, EK_UINT8));
  EK_TRY(ek_require_quantized(call, &dense.output, EK_UINT8));
  EK_TRY(ek_activation_quantized(call, dense.activation, &dense.output, &low, &high));
  return dense.has_bias ? ek_call_require_bias(call, &dense.bias, dense.units) : EK_OK;
}

static ek_status_t run(ek_call_t *call) {
  ek_dense_t dense;
  int32_t low;
  int32_t high;
  EK_TRY(ek_dense_decode(call, &dense));
  EK_TRY(ek_activation_quantized(call, dense.activation, &dense.output, &low, &high));
  const ek_double_t factor = ek_double_ratio(dense.input.scale, dense.weights.scale, dense.output.scale);
  for (int32_t unit = 0; unit < dense.units; ++unit) {
    const uint8_t *weights = dense.weights.data + unit * dense.depth;
    for (int32_t batch = 0; batch < dense.batches; ++batch) {
      const uint8_t *in = dense.input.data + batch * dense.depth;
      int32_t acc = dense.has_bias ? ek_load_i32(dense.bias.data + 4 * unit) : 0;
      for (int32_t i = 0; i < dense.depth; ++i) {
        acc = ek_wrapping_add(acc, (in[i] - dense.input.zero_point) * (weights[i] - dense.weights.zero_point));
      }
      const int32_t scaled = ek_wrapping_add(ek_multiply_by_double(acc, factor), dense.output.zero_point);
      dense.output.data[batch * dense.units + unit] = (uint8_t)ek_clamp(scaled, low, high);
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_fully_connected_uint8 = {
    .name = "FULLY_CONNECTED", .builtin = 9, .type = EK_UINT8, .check = EK_AT_LOAD(check), .run = run};
