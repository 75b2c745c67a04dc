/* SPDX-License-Identifier: Apache-2.0 */
/* MEAN and SUM of quantized tensors. With n elements folded into one:
 *   out = clamp(z_out + requantize(Σ in − n · z_in, s_in / s_out · f)), f = 1 for SUM and 1/n for MEAN.
 * Requantizing rounds twice, so even between equal scales a MEAN is not always the nearest integer.
 * Source: tensorflow/lite/micro/kernels/reduce_common.cc and internal/reference/reduce.h.
 */
#ifndef EK_INTEGER_SUM_H
#define EK_INTEGER_SUM_H

#include "ek_reduce.h"

typedef struct {
  ek_multiplier_t multiplier;
  int32_t offset; /* n · z_in */
  int32_t output_zero;
  int32_t low, high;
  int32_t sum;
  uint8_t *out;
} ek_integer_sum_t;

/* Requires quantized operands of `type`. */
EK_MUST_CHECK ek_status_t ek_integer_sum_check(ek_call_t *call, ek_type_t type);

/* `fold` and `store` get an ek_integer_sum_t. */
EK_MUST_CHECK ek_status_t ek_integer_sum_run(ek_call_t *call, bool is_mean, ek_fold_t fold, ek_store_t store);

/* The output for the sum so far, which starts over. */
int32_t ek_integer_sum_result(ek_integer_sum_t *total);

#endif
