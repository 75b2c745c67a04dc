/* SPDX-License-Identifier: Apache-2.0 */
/* CONV_2D, int16 activations with int8 weights (16x8); operands as in ek_conv.h, one weight scale or one for each output
 * channel, all zero points 0.
 * out = clamp(requantize(bias + Σ in · w)); about the bias and the width of the sums see ek_wide.h.
 */
#include "ek_access.h"
#include "ek_activation.h"
#include "ek_conv.h"
#include "ek_wide.h"

static ek_status_t check(ek_call_t *call) {
  ek_conv_t conv;
  int32_t low;
  int32_t high;
  EK_TRY(ek_conv_decode(call, &conv));
  EK_TRY(ek_conv_check_int16(call, &conv, 0u, true));
  return ek_activation_quantized(call, conv.activation, &conv.output, &low, &high);
}

/* Σ in · w; `group` is the first input channel that is read. */
static int64_t accumulate(const ek_conv_t *conv, const ek_pixel_t *at, int32_t group, const int8_t *weights) {
  const ek_window_t *window = &conv->window;
  const int32_t group_depth = conv->weights.dims[3];
  int64_t acc = 0;
  for (int32_t ky = at->rows.first; ky < at->rows.end; ++ky) {
    for (int32_t kx = at->columns.first; kx < at->columns.end; ++kx) {
      const int32_t pixel = ek_tap_pixel(window, at, ky, kx) * conv->input.dims[3] + group;
      const uint8_t *in = conv->input.data + sizeof(int16_t) * (uint32_t)pixel;
      const int8_t *tap = weights + (ky * window->filter_w + kx) * group_depth;
      for (int32_t c = 0; c < group_depth; ++c) {
        acc += ek_load_i16(in + sizeof(int16_t) * (uint32_t)c) * tap[c];
      }
    }
  }
  return acc;
}

static EK_OWN_FRAME void convolve(const ek_conv_t *conv, const ek_multiplier_t *multipliers, int32_t low,
                                  int32_t high) {
  const ek_window_t *window = &conv->window;
  const int32_t channels = conv->output.dims[3];
  const int32_t group_depth = conv->weights.dims[3];
  const int32_t channels_per_group = channels / (conv->input.dims[3] / group_depth);
  const int32_t filter_size = window->filter_h * window->filter_w * group_depth;
  const ek_tensor_t *bias = conv->has_bias ? &conv->bias : NULL;
  int16_t *out = (int16_t *)(void *)conv->output.data;
  for (ek_pixel_t at = ek_first_pixel(window); at.batch < conv->input.dims[0]; ek_next_pixel(window, &at)) {
    for (int32_t channel = 0; channel < channels; ++channel) {
      const int32_t group = channel / channels_per_group * group_depth;
      const int8_t *weights = (const int8_t *)conv->weights.data + channel * filter_size;
      const int64_t acc = accumulate(conv, &at, group, weights);
      const ek_multiplier_t multiplier = ek_conv_multiplier(conv, multipliers, channel);
      *out++ = (int16_t)ek_clamp(ek_requantize_sum(acc, bias, (uint32_t)channel, multiplier), low, high);
    }
  }
}

static ek_status_t run(ek_call_t *call) {
  ek_conv_t conv;
  int32_t low;
  int32_t high;
  EK_TRY(ek_conv_decode(call, &conv));
  EK_TRY(ek_activation_quantized(call, conv.activation, &conv.output, &low, &high));
  convolve(&conv, ek_conv_multipliers(&conv, call->scratch), low, high);
  return EK_OK;
}

const ek_kernel_t ek_conv_2d_int16 = {.name = "CONV_2D",
                                      .builtin = 3,
                                      .type = EK_INT16,
                                      .check = check,
                                      .run = run,
                                      .scratch = ek_conv_scratch,
                                      .overlap = ek_conv_overlap};
