/* SPDX-License-Identifier: Apache-2.0 */
/* What the fully connected kernels share.
 *   input   (…, depth) taken as (batches, depth)
 *   weights (units, depth)
 *   bias    (units), optional
 *   output  (…, units) taken as (batches, units)
 */
#ifndef EK_DENSE_H
#define EK_DENSE_H

#include "ek_kernel.h"

typedef struct {
  ek_tensor_t input, weights, bias, output;
  int32_t batches, units, depth;
  uint8_t activation;
  bool has_bias;
} ek_dense_t;

/* Reads operands and options; checks that the sizes fit together. */
EK_MUST_CHECK ek_status_t ek_dense_decode(ek_call_t *call, ek_dense_t *dense);

/* Requires int8 weights with one scale and any zero point, or with one scale for each unit and zero points 0. With int8
 * activations, weights with one scale may also be int4. */
EK_MUST_CHECK ek_status_t ek_dense_require_weights(ek_call_t *call, const ek_dense_t *dense);

#endif
