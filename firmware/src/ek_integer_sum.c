/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_integer_sum.h"

#include "ek_activation.h"

ek_status_t ek_integer_sum_check(ek_call_t *call, ek_type_t type) {
  ek_reduce_t reduce;
  EK_TRY(ek_reduce_check(call, type));
  EK_TRY(ek_reduce_decode(call, &reduce));
  EK_TRY(ek_require_quantized(call, &reduce.input, type));
  return ek_require_quantized(call, &reduce.output, type);
}

/* The multiplier over n, where the shift makes up for the bits that the division takes. */
static ek_multiplier_t divide(ek_multiplier_t multiplier, uint32_t n) {
  int32_t shift = 31 - __builtin_clz(n);
  const int32_t most = 31 + multiplier.shift; /* requantize shifts by 31 at most */
  shift = shift < most ? shift : most;
  multiplier.multiplier = (int32_t)(((uint64_t)(uint32_t)multiplier.multiplier << shift) / n);
  multiplier.shift -= shift;
  return multiplier;
}

ek_status_t ek_integer_sum_run(ek_call_t *call, bool is_mean, ek_fold_t fold, ek_store_t store) {
  ek_reduce_t reduce;
  ek_integer_sum_t total;
  EK_TRY(ek_reduce_decode(call, &reduce));
  total.multiplier = ek_multiplier(reduce.input.scale, EK_FLOAT_ONE, reduce.output.scale, 0);
  if (is_mean) {
    total.multiplier = divide(total.multiplier, reduce.num_folded);
  }
  total.offset = (int32_t)(reduce.num_folded * (uint32_t)reduce.input.zero_point);
  total.output_zero = reduce.output.zero_point;
  total.sum = 0;
  total.out = reduce.output.data;
  EK_TRY(ek_activation_quantized(call, 0u, &reduce.output, &total.low, &total.high));
  ek_reduce_run(&reduce, fold, store, &total);
  return EK_OK;
}

int32_t ek_integer_sum_result(ek_integer_sum_t *total) {
  const int32_t sum = total->sum;
  total->sum = 0;
  const int32_t centred = (int32_t)((uint32_t)sum - (uint32_t)total->offset);
  return ek_clamp(ek_wrapping_add(ek_requantize(centred, total->multiplier), total->output_zero), total->low,
                  total->high);
}
