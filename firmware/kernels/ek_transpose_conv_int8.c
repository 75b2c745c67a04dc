/* SPDX-License-Identifier: Apache-2.0 */
/* TRANSPOSE_CONV, int8; operands as in ek_transpose_conv.h, one weight scale or one for each output channel, weight zero
 * point 0, bias int32. out = clamp(z_out + requantize(bias + Σ (in − z_in) · w)). Channel by channel, so that each
 * multiplier is derived once. */
#include "ek_activation.h"
#include "ek_transpose_conv.h"

static ek_status_t check(ek_call_t *call) {
  ek_conv_t conv;
  int32_t low;
  int32_t high;
  EK_TRY(ek_transpose_conv_decode(call, &conv));
  EK_TRY(ek_call_require_per_tensor(call, &conv.input, EK_INT8));
  EK_TRY(ek_call_require_per_tensor(call, &conv.output, EK_INT8));
  EK_TRY(ek_call_require_weights(call, &conv.weights, 0u));
  EK_TRY(ek_activation_quantized(call, conv.activation, &conv.output, &low, &high));
  return conv.has_bias ? ek_call_require_bias(call, &conv.bias, conv.output.dims[3]) : EK_OK;
}

/* Σ (in − z_in) · w over the inputs that reach output (y, x) of one batch entry and channel. */
static int32_t accumulate(const ek_conv_t *conv, int32_t channel, int32_t batch, int32_t y, int32_t x) {
  const ek_window_t *window = &conv->window;
  const ek_sources_t rows = ek_source_rows(window, y);
  const ek_sources_t columns = ek_source_columns(window, x);
  const int32_t depth = conv->input.dims[3];
  const int32_t filter = channel * window->filter_h * window->filter_w;
  int32_t acc = 0;
  for (int32_t iy = rows.first; iy < rows.end; ++iy) {
    for (int32_t ix = columns.first; ix < columns.end; ++ix) {
      const int32_t pixel = ek_source_pixel(window, batch, iy, ix) * depth;
      const int32_t tap = (filter + ek_source_tap(window, &rows, &columns, iy, ix)) * depth;
      const int8_t *in = (const int8_t *)conv->input.data + pixel;
      const int8_t *weights = (const int8_t *)conv->weights.data + tap;
      for (int32_t c = 0; c < depth; ++c) {
        acc = ek_wrapping_add(acc, (in[c] - conv->input.zero_point) * weights[c]);
      }
    }
  }
  return acc;
}

static EK_OWN_FRAME void convolve(const ek_conv_t *conv, int32_t low, int32_t high) {
  const int32_t channels = conv->output.dims[3];
  for (int32_t channel = 0; channel < channels; ++channel) {
    const ek_multiplier_t multiplier =
        ek_channel_multiplier(&conv->input, &conv->weights, &conv->output, (uint32_t)channel);
    const int32_t bias = conv->has_bias ? ek_load_i32(conv->bias.data + 4 * channel) : 0;
    int8_t *out = (int8_t *)conv->output.data + channel;
    for (int32_t batch = 0; batch < conv->output.dims[0]; ++batch) {
      for (int32_t y = 0; y < conv->window.in_h; ++y) {
        for (int32_t x = 0; x < conv->window.in_w; ++x) {
          const int32_t acc = ek_wrapping_add(accumulate(conv, channel, batch, y, x), bias);
          const int32_t scaled = ek_wrapping_add(ek_requantize(acc, multiplier), conv->output.zero_point);
          *out = (int8_t)ek_clamp(scaled, low, high);
          out += channels;
        }
      }
    }
  }
}

static ek_status_t run(ek_call_t *call) {
  ek_conv_t conv;
  int32_t low;
  int32_t high;
  EK_TRY(ek_transpose_conv_decode(call, &conv));
  EK_TRY(ek_activation_quantized(call, conv.activation, &conv.output, &low, &high));
  convolve(&conv, low, high);
  return EK_OK;
}

const ek_kernel_t ek_transpose_conv_int8 = {.name = "TRANSPOSE_CONV",
                                            .builtin = 67,
                                            .type = EK_INT8,
                                            .type_input = 2,
                                            .check = EK_AT_LOAD(check),
                                            .run = run};
