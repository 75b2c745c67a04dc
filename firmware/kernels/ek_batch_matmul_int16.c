/* SPDX-License-Identifier: Apache-2.0 */
/* BATCH_MATMUL, int16; operands as in ek_batch_matmul.h, one scale for each, zero points 0. Sums have 64 bits:
 * out = clamp(requantize(Σ left · right)). */
#include "ek_access.h"
#include "ek_batch_matmul.h"

static ek_status_t check(ek_call_t *call) {
  ek_batch_matmul_t matmul;
  EK_TRY(ek_batch_matmul_decode(call, &matmul, EK_INT16));
  EK_TRY(ek_call_require_per_tensor(call, &matmul.left, EK_INT16));
  EK_TRY(ek_call_require_per_tensor(call, &matmul.right, EK_INT16));
  EK_TRY(ek_call_require_per_tensor(call, &matmul.output, EK_INT16));
  if (matmul.left.zero_point != 0 || matmul.right.zero_point != 0 || matmul.output.zero_point != 0) {
    return ek_call_refuse(call, "int16 with a zero point other than 0");
  }
  return ek_channel_multiplier(&matmul.left, &matmul.right, &matmul.output, 0u).shift > EK_WIDE_MAX_SHIFT
             ? ek_call_refuse(call, "an output scale too small for its inputs")
             : EK_OK;
}

/* Row times column, from elements `left` and `right` on. */
static int64_t dot(const ek_batch_matmul_t *matmul, uint32_t left, uint32_t right) {
  int64_t acc = 0;
  for (uint32_t i = 0; i < matmul->depth; ++i) {
    const int32_t a = ek_load_i16(matmul->left.data + sizeof(int16_t) * left);
    const int32_t b = ek_load_i16(matmul->right.data + sizeof(int16_t) * right);
    acc += a * b;
    left += matmul->left_step;
    right += matmul->right_step;
  }
  return acc;
}

static ek_status_t run(ek_call_t *call) {
  ek_batch_matmul_t matmul;
  EK_TRY(ek_batch_matmul_decode(call, &matmul, EK_INT16));
  const ek_multiplier_t multiplier = ek_channel_multiplier(&matmul.left, &matmul.right, &matmul.output, 0u);
  int16_t *out = (int16_t *)(void *)matmul.output.data;
  for (uint32_t batch = 0; batch < matmul.batches; ++batch) {
    const uint32_t left = ek_batch_matmul_start(&matmul, &matmul.left, batch);
    const uint32_t right = ek_batch_matmul_start(&matmul, &matmul.right, batch);
    for (uint32_t row = 0; row < matmul.rows; ++row) {
      for (uint32_t column = 0; column < matmul.columns; ++column) {
        const int64_t acc = dot(&matmul, left + row * matmul.left_row, right + column * matmul.right_column);
        *out++ = (int16_t)ek_clamp(ek_requantize_wide(acc, multiplier), INT16_MIN, INT16_MAX);
      }
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_batch_matmul_int16 = {
    .name = "BATCH_MATMUL", .builtin = 126, .type = EK_INT16, .check = EK_AT_LOAD(check), .run = run};
