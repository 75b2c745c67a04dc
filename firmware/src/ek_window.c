/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_window.h"

enum { PADDING_SAME = 0, PADDING_VALID = 1 };

/* Bounds that keep every product below within int32. */
#define MAX_EXTENT 32767
#define MAX_IMAGE (1 << 24)

static bool in_range(int32_t value, int32_t most) { return value >= 1 && value <= most; }

static void size_axis(uint8_t padding, int32_t in, int32_t stride, int32_t dilation, int32_t filter, int32_t *out,
                      int32_t *pad) {
  const int32_t extent = (filter - 1) * dilation + 1;
  *out = padding == PADDING_SAME ? (in + stride - 1) / stride : (in + stride - extent) / stride;
  const int32_t total = (*out - 1) * stride + extent - in;
  *pad = total > 0 ? total / 2 : 0;
}

ek_status_t ek_window_init(ek_call_t *call, ek_window_t *window, uint8_t padding, const ek_tensor_t *input,
                           const ek_tensor_t *output) {
  if (input->rank != 4u || output->rank != 4u) {
    return ek_call_refuse(call, "input and output must have rank 4");
  }
  if (padding > PADDING_VALID) {
    return ek_call_refuse(call, "this padding");
  }
  window->in_h = input->dims[1];
  window->in_w = input->dims[2];
  if (!in_range(window->stride_h, MAX_EXTENT) || !in_range(window->stride_w, MAX_EXTENT) ||
      !in_range(window->dilation_h, MAX_EXTENT) || !in_range(window->dilation_w, MAX_EXTENT) ||
      !in_range(window->filter_h, MAX_EXTENT) || !in_range(window->filter_w, MAX_EXTENT) ||
      !in_range(window->in_h, MAX_IMAGE) || !in_range(window->in_w, MAX_IMAGE)) {
    return ek_call_refuse(call, "a stride, dilation, filter or image size out of range");
  }
  size_axis(padding, window->in_h, window->stride_h, window->dilation_h, window->filter_h, &window->out_h,
            &window->pad_h);
  size_axis(padding, window->in_w, window->stride_w, window->dilation_w, window->filter_w, &window->out_w,
            &window->pad_w);
  if (output->dims[0] != input->dims[0] || output->dims[1] != window->out_h || output->dims[2] != window->out_w) {
    return ek_call_reject(call, "the output's shape does not follow from input, filter, stride and padding");
  }
  return EK_OK;
}

static int64_t at_least_zero(int32_t value) { return value > 0 ? value : 0; }

/* When pixel (y, x) is written up to its end, the earliest byte that is still read belongs to the window of that very
 * pixel, or to the window of the row's remaining pixels, or to the next row's:
 *   written(y, x) = (y · out_w + x + 1) · out_bytes
 *   needed(y, x)  = (row · in_w + column) · in_bytes, row = max(0, y · stride − pad), column = max(0, x · stride − pad),
 * but column 0 where the next output row starts at the same input row (both in the padding above). The lag is the
 * largest written − needed. Both are linear in y and in x but where the padding ends: the largest lies at a corner. */
uint32_t ek_window_lag(const ek_window_t *window, uint32_t batches, uint32_t in_bytes, uint32_t out_bytes) {
  const int32_t turn_y = window->pad_h / window->stride_h;
  const int32_t turn_x = window->pad_w / window->stride_w;
  const int32_t ys[6] = {0, turn_y - 1, turn_y, turn_y + 1, window->out_h - 2, window->out_h - 1};
  const int32_t xs[5] = {0, turn_x, turn_x + 1, window->out_w - 2, window->out_w - 1};
  int64_t lag = 0;
  for (uint32_t i = 0; i < 6u; ++i) {
    for (uint32_t j = 0; j < 5u; ++j) {
      const int32_t y = ys[i];
      const int32_t x = xs[j];
      if (y < 0 || y >= window->out_h || x < 0 || x >= window->out_w) {
        continue;
      }
      const int64_t row = at_least_zero(y * window->stride_h - window->pad_h);
      const int64_t next_row = at_least_zero((y + 1) * window->stride_h - window->pad_h);
      const int64_t column = next_row == row ? 0 : at_least_zero(x * window->stride_w - window->pad_w);
      const int64_t needed = (row * window->in_w + column) * in_bytes;
      const int64_t written = ((int64_t)y * window->out_w + x + 1) * out_bytes;
      lag = written - needed > lag ? written - needed : lag;
    }
  }
  /* Each further image shifts output against input by the difference of their sizes. */
  const int64_t growth = (int64_t)window->out_h * window->out_w * out_bytes -
                         (int64_t)window->in_h * window->in_w * in_bytes;
  lag += growth > 0 ? growth * (int64_t)(batches - 1u) : 0;
  return lag < (int64_t)EK_MAX_TENSOR_BYTES ? (uint32_t)lag : EK_NO_OVERLAP;
}

static ek_taps_t rows_of(const ek_window_t *window, int32_t y) {
  return ek_taps(y, window->stride_h, window->pad_h, window->dilation_h, window->filter_h, window->in_h);
}

static ek_taps_t columns_of(const ek_window_t *window, int32_t x) {
  return ek_taps(x, window->stride_w, window->pad_w, window->dilation_w, window->filter_w, window->in_w);
}

ek_pixel_t ek_first_pixel(const ek_window_t *window) {
  return (ek_pixel_t){.rows = rows_of(window, 0), .columns = columns_of(window, 0)};
}

void ek_next_pixel(const ek_window_t *window, ek_pixel_t *at) {
  if (++at->x == window->out_w) {
    at->x = 0;
    if (++at->y == window->out_h) {
      at->y = 0;
      ++at->batch;
    }
    at->rows = rows_of(window, at->y);
  }
  at->columns = columns_of(window, at->x);
}
