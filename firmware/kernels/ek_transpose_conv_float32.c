/* SPDX-License-Identifier: Apache-2.0 */
/* TRANSPOSE_CONV, float32; operands as in ek_transpose_conv.h. out = clamp(Σ in · w + bias), summed over input pixels and
 * channels in rising order, which is the order in which TFLite's scattered sums grow. */
#include "ek_access.h"
#include "ek_activation.h"
#include "ek_transpose_conv.h"

static ek_status_t check(ek_call_t *call) {
  ek_conv_t conv;
  float low;
  float high;
  EK_TRY(ek_transpose_conv_decode(call, &conv));
  EK_TRY(ek_conv_check_float32(call, &conv));
  return ek_activation_float32(call, conv.activation, &low, &high);
}

/* Σ in · w over the inputs that reach output (y, x) of one batch entry and channel. */
static float accumulate(const ek_conv_t *conv, int32_t channel, int32_t batch, int32_t y, int32_t x) {
  const ek_window_t *window = &conv->window;
  const ek_sources_t rows = ek_source_rows(window, y);
  const ek_sources_t columns = ek_source_columns(window, x);
  const int32_t depth = conv->input.dims[3];
  const int32_t filter = channel * window->filter_h * window->filter_w;
  float acc = 0.0f;
  for (int32_t iy = rows.first; iy < rows.end; ++iy) {
    for (int32_t ix = columns.first; ix < columns.end; ++ix) {
      const int32_t pixel = ek_source_pixel(window, batch, iy, ix) * depth;
      const int32_t tap = (filter + ek_source_tap(window, &rows, &columns, iy, ix)) * depth;
      const uint8_t *in = conv->input.data + sizeof acc * (uint32_t)pixel;
      const uint8_t *weights = conv->weights.data + sizeof acc * (uint32_t)tap;
      for (int32_t c = 0; c < depth; ++c) {
        acc += ek_load_f32(in + sizeof acc * (uint32_t)c) * ek_load_f32(weights + sizeof acc * (uint32_t)c);
      }
    }
  }
  return acc;
}

static EK_OWN_FRAME void convolve(const ek_conv_t *conv, float low, float high) {
  const int32_t channels = conv->output.dims[3];
  for (int32_t channel = 0; channel < channels; ++channel) {
    const float bias = conv->has_bias ? ek_load_f32(conv->bias.data + sizeof bias * (uint32_t)channel) : 0.0f;
    float *out = (float *)(void *)conv->output.data + channel;
    for (int32_t batch = 0; batch < conv->output.dims[0]; ++batch) {
      for (int32_t y = 0; y < conv->window.in_h; ++y) {
        for (int32_t x = 0; x < conv->window.in_w; ++x) {
          *out = ek_clamp_float32(accumulate(conv, channel, batch, y, x) + bias, low, high);
          out += channels;
        }
      }
    }
  }
}

static ek_status_t run(ek_call_t *call) {
  ek_conv_t conv;
  float low;
  float high;
  EK_TRY(ek_transpose_conv_decode(call, &conv));
  EK_TRY(ek_activation_float32(call, conv.activation, &low, &high));
  convolve(&conv, low, high);
  return EK_OK;
}

const ek_kernel_t ek_transpose_conv_float32 = {.name = "TRANSPOSE_CONV",
                                               .builtin = 67,
                                               .type = EK_FLOAT32,
                                               .type_input = 2,
                                               .check = EK_AT_LOAD(check),
                                               .run = run};
