/* SPDX-License-Identifier: Apache-2.0 */
/* SVDF: a fully connected layer of rank-`rank` filters, each over features and then over the last `memory` inputs.
 *   input (batches, depth), feature weights (filters, depth), time weights (filters, memory), bias (units) optional,
 *   state (batches, filters · memory): a variable, the filters' last outputs; output (batches, units)
 *   filters = units · rank
 * The state moves on by one element as a whole; then the newest entry of each filter is written.
 * Source: tensorflow/lite/micro/kernels/svdf_common.cc.
 */
#ifndef EK_SVDF_H
#define EK_SVDF_H

#include "ek_kernel.h"

/* What is left of a tensor once its shape is checked: six whole views would take a third of the stack. */
typedef struct {
  uint8_t *data;
  uint32_t num_bytes;
  uint32_t scale; /* bits of the float32 */
  int32_t zero_point;
  uint8_t type;
  bool has_one_scale;
} ek_svdf_operand_t;

typedef struct {
  ek_svdf_operand_t input, features, time, bias, state, output;
  int32_t batches, depth, filters, memory, units, rank;
  bool has_bias;
} ek_svdf_t;

/* Decodes and checks shapes, and that the state is a variable. */
EK_MUST_CHECK ek_status_t ek_svdf_decode(ek_call_t *call, ek_svdf_t *svdf);

/* Requires an operand of `type` with exactly one scale and a zero point that fits. */
EK_MUST_CHECK ek_status_t ek_svdf_require(ek_call_t *call, const ek_svdf_operand_t *operand, ek_type_t type);

#endif
