/* SPDX-License-Identifier: Apache-2.0 */
/* FULLY_CONNECTED, float32; operands as in ek_dense.h. out = clamp(Σ in · w + bias), summed in rising order. */
#include "ek_access.h"
#include "ek_activation.h"
#include "ek_dense.h"

static ek_status_t check(ek_call_t *call) {
  ek_dense_t dense;
  float low;
  float high;
  EK_TRY(ek_dense_decode(call, &dense));
  if (dense.output.type != EK_FLOAT32 || dense.weights.type != EK_FLOAT32 ||
      (dense.has_bias && dense.bias.type != EK_FLOAT32)) {
    return ek_call_refuse(call, "the operands are of different types");
  }
  return ek_activation_float32(call, dense.activation, &low, &high);
}

static float dot(const uint8_t *in, const uint8_t *weights, uint32_t depth) {
  float sum = 0.0f;
  for (uint32_t i = 0; i < depth; ++i) {
    sum += ek_load_f32(in + sizeof sum * i) * ek_load_f32(weights + sizeof sum * i);
  }
  return sum;
}

static ek_status_t run(ek_call_t *call) {
  ek_dense_t dense;
  float low;
  float high;
  EK_TRY(ek_dense_decode(call, &dense));
  EK_TRY(ek_activation_float32(call, dense.activation, &low, &high));
  const uint32_t depth = (uint32_t)dense.depth;
  uint8_t *out = dense.output.data;
  for (uint32_t batch = 0; batch < (uint32_t)dense.batches; ++batch) {
    const uint8_t *in = dense.input.data + sizeof(float) * batch * depth;
    for (uint32_t unit = 0; unit < (uint32_t)dense.units; ++unit) {
      const float sum = dot(in, dense.weights.data + sizeof(float) * unit * depth, depth);
      const float bias = dense.has_bias ? ek_load_f32(dense.bias.data + sizeof(float) * unit) : 0.0f;
      ek_store_f32(out, ek_clamp_float32(sum + bias, low, high));
      out += sizeof(float);
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_fully_connected_float32 = {
    .name = "FULLY_CONNECTED", .builtin = 9, .type = EK_FLOAT32, .check = EK_AT_LOAD(check), .run = run};
