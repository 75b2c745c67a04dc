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

typedef struct {
  ek_tensor_t input, features, time, bias, state, output;
  int32_t batches, depth, filters, memory, units, rank;
  bool has_bias;
} ek_svdf_t;

/* Decodes and checks shapes, and that the state is a variable. */
EK_MUST_CHECK ek_status_t ek_svdf_decode(ek_call_t *call, ek_svdf_t *svdf);

#endif
