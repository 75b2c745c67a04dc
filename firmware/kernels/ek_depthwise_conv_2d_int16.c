/* SPDX-License-Identifier: Apache-2.0 */
/* DEPTHWISE_CONV_2D, int16 activations with int8 weights (16x8); operands as in ek_conv.h, one weight scale or one for
 * each output channel, all zero points 0, bias int64. Sums have 64 bits: out = clamp(requantize(bias + Σ in · w)).
 * Output channel c reads input channel c / (out_c / in_c). */
#include "ek_access.h"
#include "ek_activation.h"
#include "ek_conv.h"

static ek_status_t check(ek_call_t *call) {
  ek_conv_t conv;
  int32_t low;
  int32_t high;
  EK_TRY(ek_depthwise_decode(call, &conv));
  EK_TRY(ek_conv_check_int16(call, &conv, 3u, false));
  return ek_activation_quantized(call, conv.activation, &conv.output, &low, &high);
}

static int64_t accumulate(const ek_conv_t *conv, const ek_pixel_t *at, int32_t in_channel, int32_t channel) {
  const ek_window_t *window = &conv->window;
  const int32_t channels = conv->output.dims[3];
  const int8_t *weights = (const int8_t *)conv->weights.data + channel;
  int64_t acc = 0;
  for (int32_t ky = at->rows.first; ky < at->rows.end; ++ky) {
    for (int32_t kx = at->columns.first; kx < at->columns.end; ++kx) {
      const int32_t in = ek_tap_pixel(window, at, ky, kx) * conv->input.dims[3] + in_channel;
      const int32_t value = ek_load_i16(conv->input.data + sizeof(int16_t) * (uint32_t)in);
      acc += value * weights[(ky * window->filter_w + kx) * channels];
    }
  }
  return acc;
}

static EK_OWN_FRAME void convolve(const ek_conv_t *conv, const ek_multiplier_t *multipliers, int32_t low,
                                  int32_t high) {
  const ek_window_t *window = &conv->window;
  const int32_t channels = conv->output.dims[3];
  const int32_t depth_multiplier = channels / conv->input.dims[3];
  int16_t *out = (int16_t *)(void *)conv->output.data;
  for (ek_pixel_t at = ek_first_pixel(window); at.batch < conv->input.dims[0]; ek_next_pixel(window, &at)) {
    for (int32_t channel = 0; channel < channels; ++channel) {
      const int64_t acc = accumulate(conv, &at, channel / depth_multiplier, channel);
      const int64_t bias = conv->has_bias ? ek_load_i64(conv->bias.data + 8 * channel) : 0;
      const int64_t sum = (int64_t)((uint64_t)acc + (uint64_t)bias);
      const int32_t scaled = ek_requantize_wide(sum, ek_conv_multiplier(conv, multipliers, channel));
      *out++ = (int16_t)ek_clamp(scaled, low, high);
    }
  }
}

static ek_status_t run(ek_call_t *call) {
  ek_conv_t conv;
  int32_t low;
  int32_t high;
  EK_TRY(ek_depthwise_decode(call, &conv));
  EK_TRY(ek_activation_quantized(call, conv.activation, &conv.output, &low, &high));
  convolve(&conv, ek_conv_multipliers(&conv, call->scratch), low, high);
  return EK_OK;
}

const ek_kernel_t ek_depthwise_conv_2d_int16 = {.name = "DEPTHWISE_CONV_2D",
                                                .builtin = 4,
                                                .type = EK_INT16,
                                                .check = check,
                                                .run = run,
                                                .scratch = ek_depthwise_scratch,
                                                .overlap = ek_depthwise_overlap};
