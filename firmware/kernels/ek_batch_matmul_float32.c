/* SPDX-License-Identifier: Apache-2.0 */
/* BATCH_MATMUL, float32; operands as in ek_batch_matmul.h. Products are summed in rising order. */
#include "ek_access.h"
#include "ek_batch_matmul.h"

static ek_status_t check(ek_call_t *call) {
  ek_batch_matmul_t matmul;
  return ek_batch_matmul_decode(call, &matmul, EK_FLOAT32);
}

/* Row times column, from elements `left` and `right` on. */
static float dot(const ek_batch_matmul_t *matmul, uint32_t left, uint32_t right) {
  float acc = 0.0f;
  for (uint32_t i = 0; i < matmul->depth; ++i) {
    acc += ek_load_f32(matmul->left.data + sizeof acc * left) * ek_load_f32(matmul->right.data + sizeof acc * right);
    left += matmul->left_step;
    right += matmul->right_step;
  }
  return acc;
}

static ek_status_t run(ek_call_t *call) {
  ek_batch_matmul_t matmul;
  EK_TRY(ek_batch_matmul_decode(call, &matmul, EK_FLOAT32));
  float *out = (float *)(void *)matmul.output.data;
  for (uint32_t batch = 0; batch < matmul.batches; ++batch) {
    const uint32_t left = ek_batch_matmul_start(&matmul, &matmul.left, batch);
    const uint32_t right = ek_batch_matmul_start(&matmul, &matmul.right, batch);
    for (uint32_t row = 0; row < matmul.rows; ++row) {
      for (uint32_t column = 0; column < matmul.columns; ++column) {
        const float acc = dot(&matmul, left + row * matmul.left_row, right + column * matmul.right_column);
        *out++ = acc;
      }
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_batch_matmul_float32 = {
    .name = "BATCH_MATMUL", .builtin = 126, .type = EK_FLOAT32, .check = EK_AT_LOAD(check), .run = run};
