/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_transpose_conv.h"

enum { OPTION_PADDING = 0, OPTION_STRIDE_W = 1, OPTION_STRIDE_H = 2, OPTION_ACTIVATION = 3 };

ek_status_t ek_transpose_conv_decode(ek_call_t *call, ek_conv_t *conv) {
  uint8_t padding;
  ek_window_t *window = &conv->window;
  EK_TRY(ek_call_input(call, 1u, &conv->weights));
  EK_TRY(ek_call_input(call, 2u, &conv->input));
  EK_TRY(ek_call_optional_input(call, 3u, &conv->bias, &conv->has_bias));
  EK_TRY(ek_call_output(call, 0u, &conv->output));
  EK_TRY(ek_call_option_u8(call, OPTION_PADDING, 0u, &padding));
  EK_TRY(ek_call_option_i32(call, OPTION_STRIDE_W, 0, &window->stride_w));
  EK_TRY(ek_call_option_i32(call, OPTION_STRIDE_H, 0, &window->stride_h));
  EK_TRY(ek_call_option_u8(call, OPTION_ACTIVATION, 0u, &conv->activation));
  if (conv->weights.rank != 4u) {
    return ek_call_reject(call, "weights must have rank 4");
  }
  window->dilation_h = 1;
  window->dilation_w = 1;
  window->filter_h = conv->weights.dims[1];
  window->filter_w = conv->weights.dims[2];
  EK_TRY(ek_window_init(call, window, padding, &conv->output, &conv->input));
  if (conv->output.dims[3] != conv->weights.dims[0] || conv->input.dims[3] != conv->weights.dims[3]) {
    return ek_call_reject(call, "the channels of input, weights and output do not fit together");
  }
  return EK_OK;
}
