/* SPDX-License-Identifier: Apache-2.0 */
/* DEPTHWISE_CONV_2D, int8.
 *   input   (batch, in_h, in_w, in_c)          zero point z_in
 *   weights (1, filter_h, filter_w, out_c)     one scale, or one per output channel; zero point 0
 *   bias    (out_c) int32, optional
 *   output  (batch, out_h, out_w, out_c)       out_c = in_c · depth_multiplier
 * Output channel c reads input channel c / depth_multiplier; otherwise as CONV_2D.
 */
#include "ek_window.h"

enum {
  OPTION_PADDING = 0,
  OPTION_STRIDE_W = 1,
  OPTION_STRIDE_H = 2,
  OPTION_ACTIVATION = 4, /* 3 is depth_multiplier, which the shapes say again */
  OPTION_DILATION_W = 5,
  OPTION_DILATION_H = 6
};

typedef struct {
  ek_tensor_t input, weights, bias, output;
  ek_window_t window;
  int32_t low, high;
  bool has_bias;
} depthwise_t;

static ek_status_t decode(ek_call_t *call, depthwise_t *conv) {
  uint8_t padding;
  uint8_t activation;
  ek_window_t *window = &conv->window;
  EK_TRY(ek_call_input(call, 0u, &conv->input));
  EK_TRY(ek_call_input(call, 1u, &conv->weights));
  EK_TRY(ek_call_optional_input(call, 2u, &conv->bias, &conv->has_bias));
  EK_TRY(ek_call_output(call, 0u, &conv->output));
  EK_TRY(ek_call_option_u8(call, OPTION_PADDING, 0u, &padding));
  EK_TRY(ek_call_option_u8(call, OPTION_ACTIVATION, 0u, &activation));
  EK_TRY(ek_call_option_i32(call, OPTION_STRIDE_W, 0, &window->stride_w));
  EK_TRY(ek_call_option_i32(call, OPTION_STRIDE_H, 0, &window->stride_h));
  EK_TRY(ek_call_option_i32(call, OPTION_DILATION_W, 1, &window->dilation_w));
  EK_TRY(ek_call_option_i32(call, OPTION_DILATION_H, 1, &window->dilation_h));
  window->filter_h = conv->weights.dims[1];
  window->filter_w = conv->weights.dims[2];
  EK_TRY(ek_window_init(call, window, padding, &conv->input, &conv->output));
  return ek_call_activation_int8(call, activation, &conv->output, &conv->low, &conv->high);
}

static ek_status_t check(ek_call_t *call) {
  depthwise_t conv;
  EK_TRY(decode(call, &conv));
  EK_TRY(ek_call_require_per_tensor(call, &conv.input, EK_INT8));
  EK_TRY(ek_call_require_per_tensor(call, &conv.output, EK_INT8));
  EK_TRY(ek_call_require_weights(call, &conv.weights, 3u));
  const int32_t channels = conv.weights.dims[3];
  if (conv.weights.rank != 4u || conv.weights.dims[0] != 1 || conv.output.dims[3] != channels ||
      channels % conv.input.dims[3] != 0) {
    return ek_call_reject(call, "the channels of input, weights and output do not fit together");
  }
  return conv.has_bias ? ek_call_require_bias(call, &conv.bias, channels) : EK_OK;
}

/* Σ (in − z_in) · w over the taps of one output position; `image` starts at the channel that is read. */
static int32_t accumulate(const depthwise_t *conv, const int8_t *image, const int8_t *weights, ek_taps_t rows,
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
  depthwise_t conv;
  EK_TRY(decode(call, &conv));
  const ek_window_t *window = &conv.window;
  const int32_t channels = conv.output.dims[3];
  const int32_t depth_multiplier = channels / conv.input.dims[3];
  const int32_t image_size = window->in_h * window->in_w * conv.input.dims[3];
  for (int32_t channel = 0; channel < channels; ++channel) {
    const ek_multiplier_t multiplier =
        ek_channel_multiplier(&conv.input, &conv.weights, &conv.output, (uint32_t)channel);
    const int8_t *weights = (const int8_t *)conv.weights.data + channel;
    const int32_t bias = conv.has_bias ? ek_load_i32(conv.bias.data + 4 * channel) : 0;
    int8_t *out = (int8_t *)conv.output.data + channel;
    for (int32_t batch = 0; batch < conv.input.dims[0]; ++batch) {
      const int8_t *image = (const int8_t *)conv.input.data + batch * image_size + channel / depth_multiplier;
      for (int32_t y = 0; y < window->out_h; ++y) {
        const ek_taps_t rows =
            ek_taps(y, window->stride_h, window->pad_h, window->dilation_h, window->filter_h, window->in_h);
        for (int32_t x = 0; x < window->out_w; ++x, out += channels) {
          const ek_taps_t columns =
              ek_taps(x, window->stride_w, window->pad_w, window->dilation_w, window->filter_w, window->in_w);
          const int32_t acc = ek_wrapping_add(accumulate(&conv, image, weights, rows, columns), bias);
          const int32_t scaled = ek_wrapping_add(ek_requantize(acc, multiplier), conv.output.zero_point);
          *out = (int8_t)ek_clamp(scaled, conv.low, conv.high);
        }
      }
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_depthwise_conv_2d_int8 = {
    .name = "DEPTHWISE_CONV_2D", .builtin = 4, .type = EK_INT8, .is_view = false, .check = check, .run = run};
