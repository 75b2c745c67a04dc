/* SPDX-License-Identifier: Apache-2.0 */
/* DEPTHWISE_CONV_2D, int8; operands as in ek_conv.h, one weight scale or one for each output channel, weight zero
 * point 0. Output channel c reads input channel c / (out_c / in_c); otherwise as CONV_2D. */
#include "ek_conv.h"

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

/* Σ (in − z_in) · w over the taps of one output position; `image` starts at the channel that is read. */
static int32_t accumulate(const ek_conv_t *conv, const int8_t *image, const int8_t *weights, ek_taps_t rows,
                          ek_taps_t columns) {
  const ek_window_t *window = &conv->window;
  const int32_t depth = conv->input.dims[3];
  const int32_t channels = conv->output.dims[3];
  int32_t acc = 0;
  for (int32_t ky = rows.first; ky < rows.end; ++ky) {
    const int32_t y = rows.origin + ky * window->dilation_h;
    for (int32_t kx = columns.first; kx < columns.end; ++kx) {
      const int32_t x = columns.origin + kx * window->dilation_w;
      const int32_t value = image[(y * window->in_w + x) * depth] - conv->input.zero_point;
      acc = ek_wrapping_add(acc, value * weights[(ky * window->filter_w + kx) * channels]);
    }
  }
  return acc;
}

static ek_status_t run(ek_call_t *call) {
  ek_conv_t conv;
  int32_t low;
  int32_t high;
  EK_TRY(ek_depthwise_decode(call, &conv));
  EK_TRY(ek_call_activation_int8(call, conv.activation, &conv.output, &low, &high));
  const ek_window_t *window = &conv.window;
  const ek_multiplier_t *multipliers = ek_conv_multipliers(&conv, call->scratch);
  const int32_t channels = conv.output.dims[3];
  const int32_t depth = conv.input.dims[3];
  const int32_t depth_multiplier = channels / depth;
  int8_t *out = (int8_t *)conv.output.data;
  for (int32_t batch = 0; batch < conv.input.dims[0]; ++batch) {
    const int8_t *image = (const int8_t *)conv.input.data + batch * window->in_h * window->in_w * depth;
    for (int32_t y = 0; y < window->out_h; ++y) {
      const ek_taps_t rows =
          ek_taps(y, window->stride_h, window->pad_h, window->dilation_h, window->filter_h, window->in_h);
      for (int32_t x = 0; x < window->out_w; ++x) {
        const ek_taps_t columns =
            ek_taps(x, window->stride_w, window->pad_w, window->dilation_w, window->filter_w, window->in_w);
        for (int32_t channel = 0; channel < channels; ++channel) {
          const int8_t *plane = image + channel / depth_multiplier;
          const int8_t *weights = (const int8_t *)conv.weights.data + channel;
          const int32_t bias = conv.has_bias ? ek_load_i32(conv.bias.data + 4 * channel) : 0;
          const int32_t acc = ek_wrapping_add(accumulate(&conv, plane, weights, rows, columns), bias);
          const int32_t scaled = ek_requantize(acc, ek_conv_multiplier(&conv, multipliers, channel));
          *out++ = (int8_t)ek_clamp(ek_wrapping_add(scaled, conv.output.zero_point), low, high);
        }
      }
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_depthwise_conv_2d_int8 = {.name = "DEPTHWISE_CONV_2D",
                                               .builtin = 4,
                                               .type = EK_INT8,
                                               .check = check,
                                               .run = run,
                                               .scratch = ek_depthwise_scratch,
                                               .overlap = ek_depthwise_overlap};
