/* SPDX-License-Identifier: Apache-2.0 */
/* BATCH_MATMUL: output[b] = left[b] · right[b], where either matrix may be stored transposed (adj_x, adj_y) and the
 * dimensions before the last two broadcast.
 *   left   (…, rows, depth), or (…, depth, rows) with adj_x
 *   right  (…, depth, columns), or (…, columns, depth) with adj_y
 *   output (…, rows, columns)
 */
#ifndef EK_BATCH_MATMUL_H
#define EK_BATCH_MATMUL_H

#include "ek_kernel.h"

typedef struct {
  ek_tensor_t left, right, output;
  uint32_t batches, rows, columns, depth;
  /* Elements from one to the next, in left along rows and depth, in right along depth and columns. */
  uint32_t left_row, left_step, right_step, right_column;
} ek_batch_matmul_t;

/* Reads operands and options; checks that all are of `type` and that the shapes fit together. */
EK_MUST_CHECK ek_status_t ek_batch_matmul_decode(ek_call_t *call, ek_batch_matmul_t *matmul, ek_type_t type);

/* The element that matrix `batch` of an input starts at. */
uint32_t ek_batch_matmul_start(const ek_batch_matmul_t *matmul, const ek_tensor_t *input, uint32_t batch);

#endif
