/* SPDX-License-Identifier: Apache-2.0 */
/* BATCH_MATMUL, int8; operands as in ek_batch_matmul.h, one scale and zero point for each.
 * out = clamp(z_out + requantize(Σ (left − z_left) · (right − z_right))). */
#include "ek_batch_matmul.h"

static ek_status_t check(ek_call_t *call) {
  ek_batch_matmul_t matmul;
  EK_TRY(ek_batch_matmul_decode(call, &matmul, EK_INT8));
  EK_TRY(ek_call_require_per_tensor(call, &matmul.left, EK_INT8));
  EK_TRY(ek_call_require_per_tensor(call, &matmul.right, EK_INT8));
  return ek_call_require_per_tensor(call, &matmul.output, EK_INT8);
}

/* Row times column, from elements `left` and `right` on. */
static int32_t dot(const ek_batch_matmul_t *matmul, uint32_t left, uint32_t right) {
  int32_t acc = 0;
  for (uint32_t i = 0; i < matmul->depth; ++i) {
    const int32_t a = ((const int8_t *)matmul->left.data)[left] - matmul->left.zero_point;
    const int32_t b = ((const int8_t *)matmul->right.data)[right] - matmul->right.zero_point;
    acc = ek_wrapping_add(acc, a * b);
    left += matmul->left_step;
    right += matmul->right_step;
  }
  return acc;
}

static ek_status_t run(ek_call_t *call) {
  ek_batch_matmul_t matmul;
  EK_TRY(ek_batch_matmul_decode(call, &matmul, EK_INT8));
  const ek_multiplier_t multiplier = ek_channel_multiplier(&matmul.left, &matmul.right, &matmul.output, 0u);
  int8_t *out = (int8_t *)matmul.output.data;
  for (uint32_t batch = 0; batch < matmul.batches; ++batch) {
    const uint32_t left = ek_batch_matmul_start(&matmul, &matmul.left, batch);
    const uint32_t right = ek_batch_matmul_start(&matmul, &matmul.right, batch);
    for (uint32_t row = 0; row < matmul.rows; ++row) {
      for (uint32_t column = 0; column < matmul.columns; ++column) {
        const int32_t acc = dot(&matmul, left + row * matmul.left_row, right + column * matmul.right_column);
        const int32_t scaled = ek_wrapping_add(ek_requantize(acc, multiplier), matmul.output.zero_point);
        *out++ = (int8_t)ek_clamp(scaled, INT8_MIN, INT8_MAX);
      }
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_batch_matmul_int8 = {
    .name = "BATCH_MATMUL", .builtin = 126, .type = EK_INT8, .check = EK_AT_LOAD(check), .run = run};
