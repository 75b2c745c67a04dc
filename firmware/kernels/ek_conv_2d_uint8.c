/* SPDX-License-Identifier: Apache-2.0 */
/* CONV_2D, uint8 (legacy); operands as in ek_conv.h, one scale and any zero point for each.
 * out = clamp(z_out + requantize(bias + Σ (in − z_in) · (w − z_w))); taps in the padding count as z_in. */
#include "ek_activation.h"
#include "ek_conv.h"

static ek_status_t check(ek_call_t *call) {
  ek_conv_t conv;
  int32_t low;
  int32_t high;
  EK_TRY(ek_conv_decode(call, &conv));
  EK_TRY(ek_conv_check_uint8(call, &conv));
  return ek_activation_quantized(call, conv.activation, &conv.output, &low, &high);
}

/* Σ (in − z_in) · (w − z_w); `group` is the first input channel that is read. */
static int32_t accumulate(const ek_conv_t *conv, const ek_pixel_t *at, int32_t group, const uint8_t *weights) {
  const ek_window_t *window = &conv->window;
  const int32_t group_depth = conv->weights.dims[3];
  int32_t acc = 0;
  for (int32_t ky = at->rows.first; ky < at->rows.end; ++ky) {
    for (int32_t kx = at->columns.first; kx < at->columns.end; ++kx) {
      const uint8_t *in = conv->input.data + ek_tap_pixel(window, at, ky, kx) * conv->input.dims[3] + group;
      const uint8_t *tap = weights + (ky * window->filter_w + kx) * group_depth;
      for (int32_t c = 0; c < group_depth; ++c) {
        acc = ek_wrapping_add(acc, (in[c] - conv->input.zero_point) * (tap[c] - conv->weights.zero_point));
      }
    }
  }
  return acc;
}

static EK_OWN_FRAME void convolve(const ek_conv_t *conv, int32_t low, int32_t high) {
  const ek_window_t *window = &conv->window;
  const ek_multiplier_t multiplier = ek_tensor_multiplier(&conv->input, &conv->weights, &conv->output);
  const int32_t channels = conv->output.dims[3];
  const int32_t group_depth = conv->weights.dims[3];
  const int32_t channels_per_group = channels / (conv->input.dims[3] / group_depth);
  const int32_t filter_size = window->filter_h * window->filter_w * group_depth;
  uint8_t *out = conv->output.data;
  for (ek_pixel_t at = ek_first_pixel(window); at.batch < conv->input.dims[0]; ek_next_pixel(window, &at)) {
    for (int32_t channel = 0; channel < channels; ++channel) {
      const int32_t group = channel / channels_per_group * group_depth;
      const uint8_t *weights = conv->weights.data + channel * filter_size;
      const int32_t bias = conv->has_bias ? ek_load_i32(conv->bias.data + 4 * channel) : 0;
      const int32_t acc = ek_wrapping_add(accumulate(conv, &at, group, weights), bias);
      const int32_t scaled = ek_wrapping_add(ek_requantize(acc, multiplier), conv->output.zero_point);
      *out++ = (uint8_t)ek_clamp(scaled, low, high);
    }
  }
}

static ek_status_t run(ek_call_t *call) {
  ek_conv_t conv;
  int32_t low;
  int32_t high;
  EK_TRY(ek_conv_decode(call, &conv));
  EK_TRY(ek_activation_quantized(call, conv.activation, &conv.output, &low, &high));
  convolve(&conv, low, high);
  return EK_OK;
}

const ek_kernel_t ek_conv_2d_uint8 = {.name = "CONV_2D",
                                      .builtin = 3,
                                      .type = EK_UINT8,
                                      .check = EK_AT_LOAD(check),
                                      .run = run,
                                      .overlap = EK_AT_LOAD(ek_conv_overlap)};
