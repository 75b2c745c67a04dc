/* SPDX-License-Identifier: Apache-2.0 */
/* DEPTHWISE_CONV_2D, int8; operands as in ek_conv.h, weights of int8 or int4 with one scale or one for each
 * output channel. Output channel c reads input channel c / (out_c / in_c); otherwise as CONV_2D. */
#include "ek_conv.h"
#include "ek_int4.h"

static ek_status_t check(ek_call_t *call) {
  ek_conv_t conv;
  int32_t low;
  int32_t high;
  EK_TRY(ek_depthwise_decode(call, &conv));
  EK_TRY(ek_call_require_per_tensor(call, &conv.input, EK_INT8));
  EK_TRY(ek_call_require_per_tensor(call, &conv.output, EK_INT8));
  EK_TRY(ek_call_require_weights(call, &conv.weights, 3u));
  EK_TRY(ek_call_activation_int8(call, conv.activation, &conv.output, &low, &high));
  return conv.has_bias ? ek_call_require_bias(call, &conv.bias, conv.weights.dims[3]) : EK_OK;
}

/* Σ (in − z_in) · w; `plane` is the input channel that is read. */
EK_INLINE_TWICE int32_t accumulate(const ek_conv_t *conv, const ek_pixel_t *at, int32_t plane, int32_t channel,
                                   bool is_packed) {
  const ek_window_t *window = &conv->window;
  const int8_t *in = (const int8_t *)conv->input.data + plane;
  int32_t acc = 0;
  for (int32_t ky = at->rows.first; ky < at->rows.end; ++ky) {
    for (int32_t kx = at->columns.first; kx < at->columns.end; ++kx) {
      const int32_t value = in[ek_tap_pixel(window, at, ky, kx) * conv->input.dims[3]] - conv->input.zero_point;
      const int32_t tap = (ky * window->filter_w + kx) * conv->output.dims[3] + channel;
      acc = ek_wrapping_add(acc, value * ek_weight(conv->weights.data, is_packed, tap));
    }
  }
  return acc;
}

static EK_OWN_FRAME void convolve(const ek_conv_t *conv, const ek_multiplier_t *multipliers, int32_t low,
                                  int32_t high) {
  const ek_window_t *window = &conv->window;
  const int32_t channels = conv->output.dims[3];
  const int32_t depth_multiplier = channels / conv->input.dims[3];
  const bool is_packed = conv->weights.type == EK_INT4;
  int8_t *out = (int8_t *)conv->output.data;
  for (ek_pixel_t at = ek_first_pixel(window); at.batch < conv->input.dims[0]; ek_next_pixel(window, &at)) {
    for (int32_t channel = 0; channel < channels; ++channel) {
      const int32_t bias = conv->has_bias ? ek_load_i32(conv->bias.data + 4 * channel) : 0;
      const int32_t plane = channel / depth_multiplier;
      const int32_t acc = ek_wrapping_add(
          is_packed ? accumulate(conv, &at, plane, channel, true) : accumulate(conv, &at, plane, channel, false), bias);
      const int32_t scaled = ek_requantize(acc, ek_conv_multiplier(conv, multipliers, channel));
      *out++ = (int8_t)ek_clamp(ek_wrapping_add(scaled, conv->output.zero_point), low, high);
    }
  }
}

static ek_status_t run(ek_call_t *call) {
  ek_conv_t conv;
  int32_t low;
  int32_t high;
  EK_TRY(ek_depthwise_decode(call, &conv));
  EK_TRY(ek_call_activation_int8(call, conv.activation, &conv.output, &low, &high));
  convolve(&conv, ek_conv_multipliers(&conv, call->scratch), low, high);
  return EK_OK;
}

const ek_kernel_t ek_depthwise_conv_2d_int8 = {.name = "DEPTHWISE_CONV_2D",
                                               .builtin = 4,
                                               .type = EK_INT8,
                                               .check = EK_AT_LOAD(check),
                                               .run = run,
                                               .scratch = EK_AT_LOAD(ek_depthwise_scratch),
                                               .overlap = EK_AT_LOAD(ek_depthwise_overlap)};
