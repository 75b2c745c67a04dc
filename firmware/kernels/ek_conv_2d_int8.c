/* SPDX-License-Identifier: Apache-2.0 */
/* CONV_2D, int8.
 *   input   (batch, in_h, in_w, in_c)              zero point z_in
 *   weights (out_c, filter_h, filter_w, in_c / groups)  one scale, or one per output channel; zero point 0
 *   bias    (out_c) int32, optional
 *   output  (batch, out_h, out_w, out_c)
 * out = clamp(z_out + requantize(bias + Σ (in − z_in) · w)); taps in the padding count as z_in, that is, not at all.
 * The output channel is the outermost loop, so that a channel's multiplier is derived once and never stored.
 */
#include "ek_window.h"

enum { OPTION_PADDING = 0, OPTION_STRIDE_W, OPTION_STRIDE_H, OPTION_ACTIVATION, OPTION_DILATION_W, OPTION_DILATION_H };

typedef struct {
  ek_tensor_t input, weights, bias, output;
  ek_window_t window;
  int32_t low, high;
  bool has_bias;
} conv_t;

static ek_status_t decode(ek_call_t *call, conv_t *conv) {
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
  conv_t conv;
  EK_TRY(decode(call, &conv));
  EK_TRY(ek_call_require_per_tensor(call, &conv.input, EK_INT8));
  EK_TRY(ek_call_require_per_tensor(call, &conv.output, EK_INT8));
  EK_TRY(ek_call_require_weights(call, &conv.weights, 0u));
  const int32_t channels = conv.weights.dims[0];
  const int32_t group_depth = conv.weights.dims[3];
  if (conv.weights.rank != 4u || conv.output.dims[3] != channels || conv.input.dims[3] % group_depth != 0 ||
      channels % (conv.input.dims[3] / group_depth) != 0) {
    return ek_call_reject(call, "the channels of input, weights and output do not fit together");
  }
  return conv.has_bias ? ek_call_require_bias(call, &conv.bias, channels) : EK_OK;
}

/* Σ (in − z_in) · w over the taps of one output position; `image` is one batch entry. */
static int32_t accumulate(const conv_t *conv, const int8_t *image, const int8_t *weights, int32_t first_channel,
                          ek_taps_t rows, ek_taps_t columns) {
  const ek_window_t *window = &conv->window;
  const int32_t depth = conv->input.dims[3];
  const int32_t group_depth = conv->weights.dims[3];
  const int32_t zero_point = conv->input.zero_point;
  int32_t acc = 0;
  for (int32_t ky = rows.first; ky < rows.end; ++ky) {
    const int32_t y = rows.origin + ky * window->dilation_h;
    for (int32_t kx = columns.first; kx < columns.end; ++kx) {
      const int32_t x = columns.origin + kx * window->dilation_w;
      const int8_t *pixel = image + (y * window->in_w + x) * depth + first_channel;
      const int8_t *tap = weights + (ky * window->filter_w + kx) * group_depth;
      for (int32_t c = 0; c < group_depth; ++c) {
        acc = ek_wrapping_add(acc, (pixel[c] - zero_point) * tap[c]);
      }
    }
  }
  return acc;
}

static ek_status_t run(ek_call_t *call) {
  conv_t conv;
  EK_TRY(decode(call, &conv));
  const ek_window_t *window = &conv.window;
  const int32_t channels = conv.output.dims[3];
  const int32_t group_depth = conv.weights.dims[3];
  const int32_t channels_per_group = channels / (conv.input.dims[3] / group_depth);
  const int32_t image_size = window->in_h * window->in_w * conv.input.dims[3];
  for (int32_t channel = 0; channel < channels; ++channel) {
    const ek_multiplier_t multiplier =
        ek_channel_multiplier(&conv.input, &conv.weights, &conv.output, (uint32_t)channel);
    const int8_t *weights =
        (const int8_t *)conv.weights.data + channel * window->filter_h * window->filter_w * group_depth;
    const int32_t bias = conv.has_bias ? ek_load_i32(conv.bias.data + 4 * channel) : 0;
    const int32_t first_channel = channel / channels_per_group * group_depth;
    int8_t *out = (int8_t *)conv.output.data + channel;
    for (int32_t batch = 0; batch < conv.input.dims[0]; ++batch) {
      const int8_t *image = (const int8_t *)conv.input.data + batch * image_size;
      for (int32_t y = 0; y < window->out_h; ++y) {
        const ek_taps_t rows =
            ek_taps(y, window->stride_h, window->pad_h, window->dilation_h, window->filter_h, window->in_h);
        for (int32_t x = 0; x < window->out_w; ++x, out += channels) {
          const ek_taps_t columns =
              ek_taps(x, window->stride_w, window->pad_w, window->dilation_w, window->filter_w, window->in_w);
          const int32_t acc =
              ek_wrapping_add(accumulate(&conv, image, weights, first_channel, rows, columns), bias);
          const int32_t scaled = ek_wrapping_add(ek_requantize(acc, multiplier), conv.output.zero_point);
          *out = (int8_t)ek_clamp(scaled, conv.low, conv.high);
        }
      }
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_conv_2d_int8 = {
    .name = "CONV_2D", .builtin = 3, .type = EK_INT8, .is_view = false, .check = check, .run = run};
