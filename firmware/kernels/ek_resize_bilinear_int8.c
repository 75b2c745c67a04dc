/* SPDX-License-Identifier: Apache-2.0 */
/* RESIZE_BILINEAR, int8; operands as in ek_resize.h, input and output under the same scale, which is not looked at.
 * Positions are counted in 1/1024 of a pixel; the weighted mean of four inputs is rounded half away from zero.
 * Source: tensorflow/lite/kernels/internal/reference/resize_bilinear.h, ResizeBilinearInteger. */
#include "ek_resize.h"

enum { OPTION_ALIGN_CORNERS = 2 };

#define ONE 1024 /* pixel */

/* A position on one axis and the pixels around it. */
typedef struct {
  int32_t offset; /* from `lower`, −512 … 1023 */
  int32_t lower, upper;
} place_t;

static place_t place_of(const ek_resize_t *resize, int32_t position, int32_t in, int32_t out) {
  const bool is_aligned = resize->align_corners && out > 1;
  const int32_t dividend = is_aligned ? in - 1 : in;
  const int32_t divisor = is_aligned ? out - 1 : out;
  const int32_t scale = (ONE * dividend + divisor / 2) / divisor;
  const int32_t value = position * scale + (resize->half_pixel_centers ? scale / 2 - ONE / 2 : 0);
  const int32_t upper = (value + ONE - 1) / ONE;
  place_t place;
  place.lower = value > 0 ? value / ONE : 0;
  place.upper = upper < in - 1 ? upper : in - 1;
  place.offset = value - ONE * place.lower;
  return place;
}

static ek_status_t check(ek_call_t *call) {
  ek_resize_t resize;
  EK_TRY(ek_resize_decode(call, &resize, OPTION_ALIGN_CORNERS));
  /* The rounded scale can lead past the image when it is enlarged very much, where TFLite reads outside it. */
  if (place_of(&resize, resize.out_h - 1, resize.in_h, resize.out_h).lower >= resize.in_h ||
      place_of(&resize, resize.out_w - 1, resize.in_w, resize.out_w).lower >= resize.in_w) {
    return ek_call_refuse(call, "an enlargement too great for positions in 1/1024 of a pixel");
  }
  return EK_OK;
}

/* The value at (y, x) in 2^-20: |weights| below 1.5 · 1024 keep it within 31 bits. */
static int32_t interpolate(const ek_resize_t *resize, const int8_t *image, const place_t *y, const place_t *x) {
  const int8_t *upper_row = image + y->lower * resize->in_w * resize->channels;
  const int8_t *lower_row = image + y->upper * resize->in_w * resize->channels;
  const int32_t left = x->lower * resize->channels;
  const int32_t right = x->upper * resize->channels;
  return upper_row[left] * (ONE - y->offset) * (ONE - x->offset) + lower_row[left] * y->offset * (ONE - x->offset) +
         upper_row[right] * (ONE - y->offset) * x->offset + lower_row[right] * y->offset * x->offset;
}

static ek_status_t run(ek_call_t *call) {
  ek_resize_t resize;
  EK_TRY(ek_resize_decode(call, &resize, OPTION_ALIGN_CORNERS));
  const int32_t half = ONE * ONE / 2;
  int8_t *out = (int8_t *)resize.output.data;
  for (int32_t batch = 0; batch < resize.batches; ++batch) {
    const int8_t *image = (const int8_t *)resize.input.data + batch * resize.in_h * resize.in_w * resize.channels;
    for (int32_t y = 0; y < resize.out_h; ++y) {
      const place_t row = place_of(&resize, y, resize.in_h, resize.out_h);
      for (int32_t x = 0; x < resize.out_w; ++x) {
        const place_t column = place_of(&resize, x, resize.in_w, resize.out_w);
        for (int32_t channel = 0; channel < resize.channels; ++channel) {
          const int32_t value = interpolate(&resize, image + channel, &row, &column);
          *out++ = (int8_t)((value + (value > 0 ? half : -half)) / (ONE * ONE));
        }
      }
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_resize_bilinear_int8 = {
    .name = "RESIZE_BILINEAR", .builtin = 23, .type = EK_INT8, .check = EK_AT_LOAD(check), .run = run};
