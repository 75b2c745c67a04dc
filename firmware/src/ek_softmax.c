/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_softmax.h"

#define DIFF_INTEGER_BITS 5 /* differences: Q5.26 */
#define SUM_INTEGER_BITS 12 /* sums: Q12.19 */

ek_status_t ek_softmax_init(ek_call_t *call, ek_softmax_t *softmax, uint32_t beta, uint32_t scale) {
  if (beta == 0u || beta >= 0x7F800000u) {
    return ek_call_refuse(call, "a beta that is not a positive number");
  }
  ek_multiplier_t multiplier = ek_multiplier(beta, scale, EK_FLOAT_ONE, 31 - DIFF_INTEGER_BITS);
  if (multiplier.shift > 31) { /* TFLite caps the factor at 2^31 − 1 */
    multiplier.multiplier = INT32_MAX;
    multiplier.shift = 31;
  }
  if (multiplier.shift < 1 || multiplier.multiplier == 0) { /* TFLite wants a factor above one */
    return ek_call_refuse(call, "an input scale too small for its beta");
  }
  softmax->multiplier = multiplier;
  const int64_t radius = (int64_t)((1 << DIFF_INTEGER_BITS) - 1) << (31 - DIFF_INTEGER_BITS);
  softmax->smallest_difference = -(int32_t)(radius >> multiplier.shift);
  return EK_OK;
}

int32_t ek_softmax_largest(const int8_t *in, int32_t depth) {
  int32_t most = INT8_MIN;
  for (int32_t i = 0; i < depth; ++i) {
    most = in[i] > most ? in[i] : most;
  }
  return most;
}

int32_t ek_softmax_sum(const ek_softmax_t *softmax, const int8_t *in, int32_t depth, int32_t most) {
  int32_t sum = 0;
  for (int32_t i = 0; i < depth; ++i) {
    if (in[i] - most >= softmax->smallest_difference) {
      const int32_t exp = ek_exp_on_negative(ek_softmax_rescale(softmax, in[i] - most));
      sum = ek_wrapping_add(sum, ek_rounding_shift_right(exp, SUM_INTEGER_BITS));
    }
  }
  return sum;
}
