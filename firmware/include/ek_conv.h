/* SPDX-License-Identifier: Apache-2.0 */
/* What the convolutions share: operands, window, and one multiplier for each output channel.
 *   input   (batch, in_h, in_w, in_c)
 *   weights CONV_2D: (out_c, filter_h, filter_w, in_c / groups);  DEPTHWISE_CONV_2D: (1, filter_h, filter_w, out_c)
 *   bias    (out_c), optional
 *   output  (batch, out_h, out_w, out_c)
 * Kernels go through the output pixel by pixel and write a pixel's channels together, so that the output may lie over
 * the input (ek_conv_overlap). The multipliers of the channels are derived once for each call, into scratch memory.
 */
#ifndef EK_CONV_H
#define EK_CONV_H

#include "ek_window.h"

typedef struct {
  ek_tensor_t input, weights, bias, output;
  ek_window_t window;
  uint8_t activation;
  bool has_bias;
} ek_conv_t;

/* Reads operands and options; checks the window, and that the channels fit together. */
EK_MUST_CHECK ek_status_t ek_conv_decode(ek_call_t *call, ek_conv_t *conv);
EK_MUST_CHECK ek_status_t ek_depthwise_decode(ek_call_t *call, ek_conv_t *conv);

/* `scratch` and `overlap` of the quantized kernels. */
EK_MUST_CHECK ek_status_t ek_conv_scratch(ek_call_t *call, uint32_t *num_bytes);
EK_MUST_CHECK ek_status_t ek_depthwise_scratch(ek_call_t *call, uint32_t *num_bytes);
EK_MUST_CHECK ek_status_t ek_conv_overlap(ek_call_t *call, uint32_t input, uint32_t *lag);
EK_MUST_CHECK ek_status_t ek_depthwise_overlap(ek_call_t *call, uint32_t input, uint32_t *lag);

/* Checks of the int16 kernels: zero points 0, int8 weights, a bias of int64 (or int32 where `narrow_bias` allows it),
 * and multipliers that TFLite's 64-bit arithmetic takes. `channel_axis` is that of the output channels in the weights. */
EK_MUST_CHECK ek_status_t ek_conv_check_int16(ek_call_t *call, const ek_conv_t *conv, uint32_t channel_axis,
                                              bool narrow_bias);
/* Checks of the uint8 kernels: one scale and any zero point for each operand. */
EK_MUST_CHECK ek_status_t ek_conv_check_uint8(ek_call_t *call, const ek_conv_t *conv);
/* Checks of the float32 kernels. */
EK_MUST_CHECK ek_status_t ek_conv_check_float32(ek_call_t *call, const ek_conv_t *conv);

/* Fills the table that ek_conv_scratch asked for; NULL in, NULL out. */
const ek_multiplier_t *ek_conv_multipliers(const ek_conv_t *conv, uint8_t *scratch);

/* The multiplier of a channel, from the table or, without one (an output of one pixel), derived. */
static inline ek_multiplier_t ek_conv_multiplier(const ek_conv_t *conv, const ek_multiplier_t *table,
                                                 int32_t channel) {
  if (table == NULL) {
    return ek_channel_multiplier(&conv->input, &conv->weights, &conv->output, (uint32_t)channel);
  }
  return table[conv->weights.num_scales > 1u ? channel : 0];
}

#endif
