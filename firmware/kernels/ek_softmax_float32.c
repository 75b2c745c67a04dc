/* SPDX-License-Identifier: Apache-2.0 */
/* SOFTMAX over the last axis, float32: out = exp(β·(in − max)) / Σ exp(β·(in − max)). */
#include "ek_math.h"
#include "ek_unary.h"

enum { OPTION_BETA = 0 };

static ek_status_t check(ek_call_t *call) {
  ek_unary_t unary;
  int32_t beta;
  EK_TRY(ek_unary_check(call, &unary, EK_FLOAT32));
  EK_TRY(ek_call_option_i32(call, OPTION_BETA, 0, &beta));
  return unary.input.rank > 0u ? EK_OK : ek_call_reject(call, "a scalar");
}

static ek_status_t run(ek_call_t *call) {
  ek_unary_t unary;
  int32_t bits;
  float beta;
  EK_TRY(ek_unary_decode(call, &unary));
  EK_TRY(ek_call_option_i32(call, OPTION_BETA, 0, &bits)); /* a float, taken by its bits */
  memcpy(&beta, &bits, sizeof beta);
  const uint32_t row_bytes = (uint32_t)sizeof(float) * (uint32_t)unary.input.dims[unary.input.rank - 1u];
  for (uint32_t row = 0; row < unary.input.num_bytes; row += row_bytes) {
    const uint8_t *in = unary.input.data + row;
    uint8_t *out = unary.output.data + row;
    float most = -3.402823466e+38f;
    for (uint32_t i = 0; i < row_bytes; i += (uint32_t)sizeof(float)) {
      const float value = ek_load_f32(in + i);
      most = most < value ? value : most;
    }
    float sum = 0.0f;
    for (uint32_t i = 0; i < row_bytes; i += (uint32_t)sizeof(float)) {
      const float value = ek_expf((ek_load_f32(in + i) - most) * beta);
      ek_store_f32(out + i, value);
      sum += value;
    }
    for (uint32_t i = 0; i < row_bytes; i += (uint32_t)sizeof(float)) {
      ek_store_f32(out + i, ek_load_f32(out + i) / sum);
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_softmax_float32 = {.name = "SOFTMAX",
                                        .builtin = 25,
                                        .type = EK_FLOAT32,
                                        .check = EK_AT_LOAD(check),
                                        .run = run,
                                        .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
