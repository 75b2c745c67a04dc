/* SPDX-License-Identifier: Apache-2.0 */
/* RESIZE_BILINEAR, float32; operands as in ek_resize.h. Each output is the mean of the four inputs around its position,
 * weighted by closeness; every product and sum is rounded in the reference's order. */
#include "ek_access.h"
#include "ek_math.h"
#include "ek_resize.h"

enum { OPTION_ALIGN_CORNERS = 2 };

/* A position on one axis and the pixels around it. */
typedef struct {
  float offset; /* from `lower`; negative before the first half pixel */
  int32_t lower, upper;
} place_t;

static ek_status_t check(ek_call_t *call) {
  ek_resize_t resize;
  return ek_resize_decode(call, &resize, OPTION_ALIGN_CORNERS);
}

static place_t place_of(const ek_resize_t *resize, int32_t position, int32_t in, int32_t out) {
  const float scale = resize->align_corners && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
  const float value =
      resize->half_pixel_centers ? ((float)position + 0.5f) * scale - 0.5f : (float)position * scale;
  const int32_t lower = (int32_t)ek_floorf(value);
  const int32_t upper = (int32_t)ek_ceilf(value);
  place_t place;
  place.lower = lower > 0 ? lower : 0;
  place.upper = upper < in - 1 ? upper : in - 1;
  place.offset = value - (float)place.lower;
  return place;
}

static float pixel(const ek_resize_t *resize, int32_t batch, int32_t y, int32_t x, int32_t channel) {
  const int32_t index = ((batch * resize->in_h + y) * resize->in_w + x) * resize->channels + channel;
  return ek_load_f32(resize->input.data + sizeof(float) * (uint32_t)index);
}

static float interpolate(const ek_resize_t *resize, int32_t batch, const place_t *y, const place_t *x, int32_t channel) {
  const float upper_left = pixel(resize, batch, y->lower, x->lower, channel) * (1.0f - y->offset) * (1.0f - x->offset);
  const float lower_left = pixel(resize, batch, y->upper, x->lower, channel) * y->offset * (1.0f - x->offset);
  const float upper_right = pixel(resize, batch, y->lower, x->upper, channel) * (1.0f - y->offset) * x->offset;
  const float lower_right = pixel(resize, batch, y->upper, x->upper, channel) * y->offset * x->offset;
  return upper_left + lower_left + upper_right + lower_right + 0.0f; /* TFLite's rounding offset: −0 becomes 0 */
}

static ek_status_t run(ek_call_t *call) {
  ek_resize_t resize;
  EK_TRY(ek_resize_decode(call, &resize, OPTION_ALIGN_CORNERS));
  float *out = (float *)(void *)resize.output.data;
  for (int32_t batch = 0; batch < resize.batches; ++batch) {
    for (int32_t y = 0; y < resize.out_h; ++y) {
      const place_t row = place_of(&resize, y, resize.in_h, resize.out_h);
      for (int32_t x = 0; x < resize.out_w; ++x) {
        const place_t column = place_of(&resize, x, resize.in_w, resize.out_w);
        for (int32_t channel = 0; channel < resize.channels; ++channel) {
          *out++ = interpolate(&resize, batch, &row, &column, channel);
        }
      }
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_resize_bilinear_float32 = {
    .name = "RESIZE_BILINEAR", .builtin = 23, .type = EK_FLOAT32, .check = EK_AT_LOAD(check), .run = run};
