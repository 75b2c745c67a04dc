/* SPDX-License-Identifier: Apache-2.0 */
/* L2_NORMALIZATION over the last axis, float32: out = in / max(√Σ in², 10⁻⁶). */
#include "ek_math.h"
#include "ek_unary.h"

enum { OPTION_ACTIVATION = 0 };

#define SMALLEST_NORM 1e-6f

static ek_status_t check(ek_call_t *call) {
  ek_unary_t unary;
  uint8_t activation;
  EK_TRY(ek_unary_check(call, &unary, EK_FLOAT32));
  EK_TRY(ek_call_option_u8(call, OPTION_ACTIVATION, 0u, &activation));
  if (activation != 0u) {
    return ek_call_refuse(call, "a fused activation");
  }
  return unary.input.rank > 0u ? EK_OK : ek_call_reject(call, "a scalar");
}

static ek_status_t run(ek_call_t *call) {
  ek_unary_t unary;
  EK_TRY(ek_unary_decode(call, &unary));
  const uint32_t row_bytes = (uint32_t)sizeof(float) * (uint32_t)unary.input.dims[unary.input.rank - 1u];
  for (uint32_t row = 0; row < unary.input.num_bytes; row += row_bytes) {
    const uint8_t *in = unary.input.data + row;
    uint8_t *out = unary.output.data + row;
    float sum = 0.0f;
    for (uint32_t i = 0; i < row_bytes; i += (uint32_t)sizeof(float)) {
      const float value = ek_load_f32(in + i);
      sum += value * value;
    }
    const float root = ek_sqrtf(sum);
    const float norm = root < SMALLEST_NORM ? SMALLEST_NORM : root;
    for (uint32_t i = 0; i < row_bytes; i += (uint32_t)sizeof(float)) {
      ek_store_f32(out + i, ek_load_f32(in + i) / norm);
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_l2_normalization_float32 = {.name = "L2_NORMALIZATION",
                                                 .builtin = 11,
                                                 .type = EK_FLOAT32,
                                                 .check = EK_AT_LOAD(check),
                                                 .run = run,
                                                 .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
