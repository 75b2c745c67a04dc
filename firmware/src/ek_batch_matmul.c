/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_batch_matmul.h"

enum { OPTION_ADJ_X = 0, OPTION_ADJ_Y = 1 };

#define MAX_RANK 5u /* of the reference */

/* Extent of axis `axis`, counted from the last one. */
static uint32_t extent(const ek_tensor_t *tensor, uint32_t axis) {
  return axis < tensor->rank ? (uint32_t)tensor->dims[tensor->rank - 1u - axis] : 1u;
}

static ek_status_t check_shapes(ek_call_t *call, ek_batch_matmul_t *matmul, uint32_t right_depth) {
  const ek_tensor_t *left = &matmul->left;
  const ek_tensor_t *right = &matmul->right;
  const ek_tensor_t *output = &matmul->output;
  if (left->rank < 2u || right->rank < 2u || left->rank > MAX_RANK || right->rank > MAX_RANK) {
    return ek_call_refuse(call, "operands must have rank 2 to 5");
  }
  bool fits = right_depth == matmul->depth && extent(output, 0u) == matmul->columns &&
              extent(output, 1u) == matmul->rows &&
              output->rank == (left->rank > right->rank ? left->rank : right->rank);
  matmul->batches = 1u;
  for (uint32_t axis = 2u; axis < MAX_RANK; ++axis) {
    const uint32_t a = extent(left, axis);
    const uint32_t b = extent(right, axis);
    fits = fits && (a == b || a == 1u || b == 1u) && extent(output, axis) == (a == 1u ? b : a);
    matmul->batches *= extent(output, axis);
  }
  return fits ? EK_OK : ek_call_reject(call, "the shapes of the operands do not fit together");
}

ek_status_t ek_batch_matmul_decode(ek_call_t *call, ek_batch_matmul_t *matmul, ek_type_t type) {
  uint8_t adj_x;
  uint8_t adj_y;
  EK_TRY(ek_call_input(call, 0u, &matmul->left));
  EK_TRY(ek_call_input(call, 1u, &matmul->right));
  EK_TRY(ek_call_output(call, 0u, &matmul->output));
  EK_TRY(ek_call_option_u8(call, OPTION_ADJ_X, 0u, &adj_x));
  EK_TRY(ek_call_option_u8(call, OPTION_ADJ_Y, 0u, &adj_y));
  if (matmul->left.type != type || matmul->right.type != type || matmul->output.type != type) {
    return ek_call_refuse(call, "the operands are of different types");
  }
  matmul->rows = extent(&matmul->left, adj_x != 0u ? 0u : 1u);
  matmul->depth = extent(&matmul->left, adj_x != 0u ? 1u : 0u);
  matmul->columns = extent(&matmul->right, adj_y != 0u ? 1u : 0u);
  matmul->left_row = adj_x != 0u ? 1u : matmul->depth;
  matmul->left_step = adj_x != 0u ? matmul->rows : 1u;
  matmul->right_step = adj_y != 0u ? 1u : matmul->columns;
  matmul->right_column = adj_y != 0u ? matmul->depth : 1u;
  return check_shapes(call, matmul, extent(&matmul->right, adj_y != 0u ? 0u : 1u));
}

uint32_t ek_batch_matmul_start(const ek_batch_matmul_t *matmul, const ek_tensor_t *input, uint32_t batch) {
  uint32_t step = extent(input, 0u) * extent(input, 1u);
  uint32_t start = 0u;
  for (uint32_t axis = 2u; axis < MAX_RANK; ++axis) {
    const uint32_t whole = extent(&matmul->output, axis);
    start += extent(input, axis) == 1u ? 0u : batch % whole * step;
    batch /= whole;
    step *= extent(input, axis);
  }
  return start;
}
