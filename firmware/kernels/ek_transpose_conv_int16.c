/* SPDX-License-Identifier: Apache-2.0 */
/* TRANSPOSE_CONV, int16 activations with int8 weights (16x8); operands as in ek_transpose_conv.h, one weight scale or one
 * for each output channel, all zero points 0, bias int64 or int16. Sums have 64 bits:
 * out = clamp(requantize(bias + Σ in · w)). Channel by channel, so that each multiplier is derived once. */
#include "ek_access.h"
#include "ek_activation.h"
#include "ek_transpose_conv.h"

static ek_status_t check(ek_call_t *call) {
  ek_conv_t conv;
  int32_t low;
  int32_t high;
  EK_TRY(ek_transpose_conv_decode(call, &conv));
  const bool has_short_bias = conv.has_bias && conv.bias.type == EK_INT16;
  if (has_short_bias) {
    conv.bias.type = EK_INT64; /* only TFLM knows this bias; apart from its width it is checked as the other */
  }
  EK_TRY(ek_conv_check_int16(call, &conv, 0u, false));
  return ek_activation_quantized(call, conv.activation, &conv.output, &low, &high);
}

/* Σ in · w over the inputs that reach output (y, x) of one batch entry and channel. */
static int64_t accumulate(const ek_conv_t *conv, int32_t channel, int32_t batch, int32_t y, int32_t x) {
  const ek_window_t *window = &conv->window;
  const ek_sources_t rows = ek_source_rows(window, y);
  const ek_sources_t columns = ek_source_columns(window, x);
  const int32_t depth = conv->input.dims[3];
  const int32_t filter = channel * window->filter_h * window->filter_w;
  int64_t acc = 0;
  for (int32_t iy = rows.first; iy < rows.end; ++iy) {
    for (int32_t ix = columns.first; ix < columns.end; ++ix) {
      const int32_t pixel = ek_source_pixel(window, batch, iy, ix) * depth;
      const int32_t tap = (filter + ek_source_tap(window, &rows, &columns, iy, ix)) * depth;
      const uint8_t *in = conv->input.data + sizeof(int16_t) * (uint32_t)pixel;
      const int8_t *weights = (const int8_t *)conv->weights.data + tap;
      for (int32_t c = 0; c < depth; ++c) {
        acc += ek_load_i16(in + sizeof(int16_t) * (uint32_t)c) * weights[c];
      }
    }
  }
  return acc;
}

static int64_t bias_of(const ek_conv_t *conv, uint32_t channel) {
  if (!conv->has_bias) {
    return 0;
  }
  return conv->bias.type == EK_INT64 ? ek_load_i64(conv->bias.data + sizeof(int64_t) * channel)
                                     : ek_load_i16(conv->bias.data + sizeof(int16_t) * channel);
}

static EK_OWN_FRAME void convolve(const ek_conv_t *conv, int32_t low, int32_t high) {
  const int32_t channels = conv->output.dims[3];
  for (int32_t channel = 0; channel < channels; ++channel) {
    const ek_multiplier_t multiplier =
        ek_channel_multiplier(&conv->input, &conv->weights, &conv->output, (uint32_t)channel);
    const int64_t bias = bias_of(conv, (uint32_t)channel);
    int16_t *out = (int16_t *)(void *)conv->output.data + channel;
    for (int32_t batch = 0; batch < conv->output.dims[0]; ++batch) {
      for (int32_t y = 0; y < conv->window.in_h; ++y) {
        for (int32_t x = 0; x < conv->window.in_w; ++x) {
          const uint64_t acc = (uint64_t)accumulate(conv, channel, batch, y, x) + (uint64_t)bias;
          *out = (int16_t)ek_clamp(ek_requantize_wide((int64_t)acc, multiplier), low, high);
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

const ek_kernel_t ek_transpose_conv_int16 = {.name = "TRANSPOSE_CONV",
                                             .builtin = 67,
                                             .type = EK_INT16,
                                             .type_input = 2,
                                             .check = EK_AT_LOAD(check),
                                             .run = run};
