/* SPDX-License-Identifier: Apache-2.0 */
/* What SOFTMAX and LOG_SOFTMAX of int8 share: exp of differences to the row's maximum, rescaled by beta to Q5.26;
 * those too small to reach Q0.31 count as nothing.
 * Source: tensorflow/lite/kernels/internal/quantization_util.cc, PreprocessSoftmaxScaling. */
#ifndef EK_SOFTMAX_H
#define EK_SOFTMAX_H

#include "ek_kernel.h"

typedef struct {
  ek_multiplier_t multiplier;
  int32_t smallest_difference;
} ek_softmax_t;

/* `beta` and `scale` are bits of floats; refuses what TFLite does. */
EK_MUST_CHECK ek_status_t ek_softmax_init(ek_call_t *call, ek_softmax_t *softmax, uint32_t beta, uint32_t scale);

int32_t ek_softmax_largest(const int8_t *in, int32_t depth);

/* Σ exp(in − most) in Q12.19. */
int32_t ek_softmax_sum(const ek_softmax_t *softmax, const int8_t *in, int32_t depth, int32_t most);

/* difference · beta · scale in Q5.26. */
static inline int32_t ek_softmax_rescale(const ek_softmax_t *softmax, int32_t difference) {
  return ek_doubling_high_multiply(ek_wrapping_shift_left(difference, softmax->multiplier.shift),
                                   softmax->multiplier.multiplier);
}

#endif
