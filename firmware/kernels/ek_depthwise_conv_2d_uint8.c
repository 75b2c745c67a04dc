/* SPDX-License-Identifier: Apache-2.0 */
/* DEPTHWISE_CONV_2D, uint8 (legacy); operands as in ek_conv.h, one scale and any zero point for each. Output channel c
 * reads input channel c / (out_c / in_c); otherwise as CONV_2D. */
#include "ek_activation.h"
#include "ek_conv.h"

static ek_status_t check(ek_call_t *call) {
  ek_conv_t conv;
  int32_t low;
  int32_t high;
  EK_TRY(ek_depthwise_decode(call, &conv));
  EK_TRY(ek_conv_check_uint8(call, &conv));
  return ek_activation_quantized(call, conv.activation, &conv.output, &low, &high);
}

static int32_t accumulate(const ek_conv_t *conv, const ek_pixel_t *at, int32_t in_channel, int32_t channel) {
  const ek_window_t *window = &conv->window;
  const uint8_t *weights = conv->weights.data + channel;
  int32_t acc = 0;
  for (int32_t ky = at->rows.first; ky < at->rows.end; ++ky) {
    for (int32_t kx = at->columns.first; kx < at->columns.end; ++kx) {
      const int32_t in = conv->input.data[ek_tap_pixel(window, at, ky, kx) * conv->input.dims[3] + in_channel];
      const int32_t tap = weights[(ky * window->filter_w + kx) * conv->output.dims[3]];
      acc = ek_wrapping_add(acc, (in - conv->input.zero_point) * (tap - conv->weights.zero_point));
    }
  }
  return acc;
}

static EK_OWN_FRAME void convolve(const ek_conv_t *conv, int32_t low, int32_t high) {
  const ek_window_t *window = &conv->window;
  const ek_multiplier_t multiplier = ek_tensor_multiplier(&conv->input, &conv->weights, &conv->output);
  const int32_t channels = conv->output.dims[3];
  const int32_t depth_multiplier = channels / conv->input.dims[3];
  uint8_t *out = conv->output.data;
  for (ek_pixel_t at = ek_first_pixel(window); at.batch < conv->input.dims[0]; ek_next_pixel(window, &at)) {
    for (int32_t channel = 0; channel < channels; ++channel) {
      const int32_t bias = conv->has_bias ? ek_load_i32(conv->bias.data + 4 * channel) : 0;
      const int32_t acc = ek_wrapping_add(accumulate(conv, &at, channel / depth_multiplier, channel), bias);
      const int32_t scaled = ek_wrapping_add(ek_requantize(acc, multiplier), conv->output.zero_point);
      *out++ = (uint8_t)ek_clamp(scaled, low, high);
    }
  }
}

static ek_status_t run(ek_call_t *call) {
  ek_conv_t conv;
  int32_t low;
  int32_t high;
  EK_TRY(ek_depthwise_decode(call, &conv));
  EK_TRY(ek_activation_quantized(call, conv.activation, &conv.output, &low, &high));
  convolve(&conv, low, high);
  return EK_OK;
}

const ek_kernel_t ek_depthwise_conv_2d_uint8 = {.name = "DEPTHWISE_CONV_2D",
                                                .builtin = 4,
                                                .type = EK_UINT8,
                                                .check = EK_AT_LOAD(check),
                                                .run = run,
                                                .overlap = EK_AT_LOAD(ek_depthwise_overlap)};
