/* SPDX-License-Identifier: Apache-2.0 */
/* CONV_2D, float32; operands as in ek_conv.h. out = clamp(Σ in · w + bias), summed from the first tap to the last. */
#include "ek_access.h"
#include "ek_activation.h"
#include "ek_conv.h"

static ek_status_t check(ek_call_t *call) {
  ek_conv_t conv;
  float low;
  float high;
  EK_TRY(ek_conv_decode(call, &conv));
  EK_TRY(ek_conv_check_float32(call, &conv));
  return ek_activation_float32(call, conv.activation, &low, &high);
}

/* Σ in · w; `group` is the first input channel that is read. */
static float accumulate(const ek_conv_t *conv, const ek_pixel_t *at, int32_t group, const uint8_t *weights) {
  const ek_window_t *window = &conv->window;
  const uint32_t group_depth = (uint32_t)conv->weights.dims[3];
  float sum = 0.0f;
  for (int32_t ky = at->rows.first; ky < at->rows.end; ++ky) {
    for (int32_t kx = at->columns.first; kx < at->columns.end; ++kx) {
      const int32_t pixel = ek_tap_pixel(window, at, ky, kx) * conv->input.dims[3] + group;
      const uint8_t *in = conv->input.data + sizeof(float) * (uint32_t)pixel;
      const uint8_t *tap = weights + sizeof(float) * (uint32_t)(ky * window->filter_w + kx) * group_depth;
      for (uint32_t c = 0; c < group_depth; ++c) {
        sum += ek_load_f32(in + sizeof(float) * c) * ek_load_f32(tap + sizeof(float) * c);
      }
    }
  }
  return sum;
}

static EK_OWN_FRAME void convolve(const ek_conv_t *conv, float low, float high) {
  const ek_window_t *window = &conv->window;
  const int32_t channels = conv->output.dims[3];
  const int32_t group_depth = conv->weights.dims[3];
  const int32_t channels_per_group = channels / (conv->input.dims[3] / group_depth);
  const uint32_t filter_size = (uint32_t)(window->filter_h * window->filter_w * group_depth);
  uint8_t *out = conv->output.data;
  for (ek_pixel_t at = ek_first_pixel(window); at.batch < conv->input.dims[0]; ek_next_pixel(window, &at)) {
    for (int32_t channel = 0; channel < channels; ++channel) {
      const int32_t group = channel / channels_per_group * group_depth;
      const uint8_t *weights = conv->weights.data + sizeof(float) * (uint32_t)channel * filter_size;
      const float bias = conv->has_bias ? ek_load_f32(conv->bias.data + sizeof(float) * (uint32_t)channel) : 0.0f;
      ek_store_f32(out, ek_clamp_float32(accumulate(conv, &at, group, weights) + bias, low, high));
      out += sizeof(float);
    }
  }
}

static ek_status_t run(ek_call_t *call) {
  ek_conv_t conv;
  float low;
  float high;
  EK_TRY(ek_conv_decode(call, &conv));
  EK_TRY(ek_activation_float32(call, conv.activation, &low, &high));
  convolve(&conv, low, high);
  return EK_OK;
}

const ek_kernel_t ek_conv_2d_float32 = {.name = "CONV_2D",
                                        .builtin = 3,
                                        .type = EK_FLOAT32,
                                        .check = EK_AT_LOAD(check),
                                        .run = run,
                                        .overlap = EK_AT_LOAD(ek_conv_overlap)};
