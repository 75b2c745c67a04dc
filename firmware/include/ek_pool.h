/* SPDX-License-Identifier: Apache-2.0 */
/* What the two-dimensional pools share: operands and window. */
#ifndef EK_POOL_H
#define EK_POOL_H

#include "ek_window.h"

/*   input  (batch, in_h, in_w, channels)
 *   output (batch, out_h, out_w, channels), with the input's scale and zero point */
typedef struct {
  ek_tensor_t input, output;
  ek_window_t window;
  uint8_t activation;
} ek_pool_t;

EK_MUST_CHECK ek_status_t ek_pool_decode(ek_call_t *call, ek_pool_t *pool);

/* `check`: requires one type, equal channels, a known activation and, of quantized tensors, equal quantization; pools do
 * not rescale. */
EK_MUST_CHECK ek_status_t ek_pool_check_float32(ek_call_t *call);
EK_MUST_CHECK ek_status_t ek_pool_check_quantized(ek_call_t *call, ek_type_t type);

/* `overlap` of the pools, which write pixel by pixel. */
EK_MUST_CHECK ek_status_t ek_pool_overlap(ek_call_t *call, uint32_t input, uint32_t *lag);

#endif
