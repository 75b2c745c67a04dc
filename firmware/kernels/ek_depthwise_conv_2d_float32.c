/* SPDX-License-Identifier: Apache-2.0 */
/* DEPTHWISE_CONV_2D, float32; operands as in ek_conv.h. Output channel c reads input channel c / (out_c / in_c):
 * out = clamp(Σ in · w + bias), summed from the first tap to the last. */
#include "ek_access.h"
#include "ek_activation.h"
#include "ek_conv.h"

static ek_status_t check(ek_call_t *call) {
  ek_conv_t conv;
  float low;
  float high;
  EK_TRY(ek_depthwise_decode(call, &conv));
  EK_TRY(ek_conv_check_float32(call, &conv));
  return ek_activation_float32(call, conv.activation, &low, &high);
}

static float accumulate(const ek_conv_t *conv, const ek_pixel_t *at, int32_t in_channel, int32_t channel) {
  const ek_window_t *window = &conv->window;
  const int32_t channels = conv->output.dims[3];
  float sum = 0.0f;
  for (int32_t ky = at->rows.first; ky < at->rows.end; ++ky) {
    for (int32_t kx = at->columns.first; kx < at->columns.end; ++kx) {
      const int32_t in = ek_tap_pixel(window, at, ky, kx) * conv->input.dims[3] + in_channel;
      const int32_t tap = (ky * window->filter_w + kx) * channels + channel;
      sum += ek_load_f32(conv->input.data + sizeof(float) * (uint32_t)in) *
             ek_load_f32(conv->weights.data + sizeof(float) * (uint32_t)tap);
    }
  }
  return sum;
}

static EK_OWN_FRAME void convolve(const ek_conv_t *conv, float low, float high) {
  const ek_window_t *window = &conv->window;
  const int32_t channels = conv->output.dims[3];
  const int32_t depth_multiplier = channels / conv->input.dims[3];
  uint8_t *out = conv->output.data;
  for (ek_pixel_t at = ek_first_pixel(window); at.batch < conv->input.dims[0]; ek_next_pixel(window, &at)) {
    for (int32_t channel = 0; channel < channels; ++channel) {
      const float sum = accumulate(conv, &at, channel / depth_multiplier, channel);
      const float bias = conv->has_bias ? ek_load_f32(conv->bias.data + sizeof(float) * (uint32_t)channel) : 0.0f;
      ek_store_f32(out, ek_clamp_float32(sum + bias, low, high));
      out += sizeof(float);
    }
  }
}

static ek_status_t run(ek_call_t *call) {
  ek_conv_t conv;
  float low;
  float high;
  EK_TRY(ek_depthwise_decode(call, &conv));
  EK_TRY(ek_activation_float32(call, conv.activation, &low, &high));
  convolve(&conv, low, high);
  return EK_OK;
}

const ek_kernel_t ek_depthwise_conv_2d_float32 = {.name = "DEPTHWISE_CONV_2D",
                                                  .builtin = 4,
                                                  .type = EK_FLOAT32,
                                                  .check = EK_AT_LOAD(check),
                                                  .run = run,
                                                  .overlap = EK_AT_LOAD(ek_depthwise_overlap)};
