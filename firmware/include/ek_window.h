/* SPDX-License-Identifier: Apache-2.0 */
/* The sliding window of convolutions and pools: NHWC images, TFLite's SAME and VALID padding. */
#ifndef EK_WINDOW_H
#define EK_WINDOW_H

#include "ek_kernel.h"

typedef struct {
  int32_t stride_h, stride_w;
  int32_t dilation_h, dilation_w;
  int32_t filter_h, filter_w;
  int32_t in_h, in_w;
  int32_t out_h, out_w;
  int32_t pad_h, pad_w; /* rows above and columns to the left that lie outside the input */
} ek_window_t;

/* Fills in_*, out_* and pad_* from the tensors, which must be of rank 4, after the caller has set stride, dilation
 * and filter; refuses parameters out of range and an output whose size does not follow from them. */
EK_MUST_CHECK ek_status_t ek_window_init(ek_call_t *call, ek_window_t *window, uint8_t padding,
                                         const ek_tensor_t *input, const ek_tensor_t *output);

/* The lag (see ek_kernel_t) of a kernel that goes through the output pixel by pixel in rising order, reads the window of
 * a pixel as often as it likes, and writes the pixel's channels: `in_bytes` and `out_bytes` are those of one pixel. */
uint32_t ek_window_lag(const ek_window_t *window, uint32_t batches, uint32_t in_bytes, uint32_t out_bytes);

/* The taps [first, end) of one axis that lie inside the input, for an output position `out`. */
typedef struct {
  int32_t first, end;
  int32_t origin; /* input coordinate of tap 0, negative in the padding */
} ek_taps_t;

static inline ek_taps_t ek_taps(int32_t out, int32_t stride, int32_t pad, int32_t dilation, int32_t filter,
                                int32_t in) {
  ek_taps_t taps;
  taps.origin = out * stride - pad;
  taps.first = taps.origin < 0 ? (-taps.origin + dilation - 1) / dilation : 0;
  const int32_t room = in - taps.origin;
  const int32_t fitting = room <= 0 ? 0 : (room + dilation - 1) / dilation;
  taps.end = fitting < filter ? fitting : filter;
  return taps;
}

/* One position of the window: an output pixel and the taps that it sees. */
typedef struct {
  ek_taps_t rows, columns;
  int32_t batch, y, x;
} ek_pixel_t;

/* Output pixels in the order in which they lie in memory:
 *   for (ek_pixel_t at = ek_first_pixel(window); at.batch < batches; ek_next_pixel(window, &at)) */
ek_pixel_t ek_first_pixel(const ek_window_t *window);
void ek_next_pixel(const ek_window_t *window, ek_pixel_t *at);

/* Where the taps of a pixel meet the input: the index of the input pixel under tap (ky, kx). */
static inline int32_t ek_tap_pixel(const ek_window_t *window, const ek_pixel_t *at, int32_t ky, int32_t kx) {
  const int32_t y = at->rows.origin + ky * window->dilation_h;
  const int32_t x = at->columns.origin + kx * window->dilation_w;
  return (at->batch * window->in_h + y) * window->in_w + x;
}

#endif
