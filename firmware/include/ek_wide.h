/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of int16 activations times int8 weights (16x8). They have 64 bits, and TFLite then rounds the multiplier to 16
 * bits; but where the bias is int32, TFLM sums in 32 bits and requantizes as int8 kernels do. The low 32 bits of a
 * wide sum are the narrow sum, so one loop serves both. */
#ifndef EK_WIDE_H
#define EK_WIDE_H

#include "ek_kernel.h"

/* Adds the bias of `channel`, which is int64, int32 or absent (NULL), and requantizes. */
static inline int32_t ek_requantize_sum(int64_t sum, const ek_tensor_t *bias, uint32_t channel,
                                        ek_multiplier_t multiplier) {
  if (bias == NULL) {
    return ek_requantize_wide(sum, multiplier);
  }
  if (bias->type == EK_INT32) {
    const int32_t addend = ek_load_i32(bias->data + sizeof addend * channel);
    return ek_requantize(ek_wrapping_add((int32_t)(uint32_t)(uint64_t)sum, addend), multiplier);
  }
  const uint64_t addend = (uint64_t)ek_load_i64(bias->data + sizeof addend * channel);
  return ek_requantize_wide((int64_t)((uint64_t)sum + addend), multiplier);
}

#endif
