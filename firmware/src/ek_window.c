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

static int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

/* Position that the window of output `out` begins to read at. */
static int32_t start_of(int32_t out, int32_t stride, int32_t pad) {
  const int32_t start = out * stride - pad;
  return start > 0 ? start : 0;
}

/* The largest out · out_step − start_of(out) · in_step over out = lowest … last: rises by out_step in the padding, by
 * less at its end, and by less or even falls behind it, so it is largest at `turn`, the last that begins in the padding,
 * at the one after it, or at the end. */
static int32_t largest_lead(int32_t stride, int32_t pad, int32_t last, int32_t out_step, int32_t in_step) {
  const int32_t turn = pad / stride;
  const int32_t candidates[3] = {smaller(turn, last), smaller(turn + 1, last), last};
  int32_t largest = INT32_MIN;
  for (uint32_t i = 0; i < 3u; ++i) {
    const int32_t lead = candidates[i] * out_step - start_of(candidates[i], stride, pad) * in_step;
    largest = lead > largest ? lead : largest;
  }
  return largest;
}

/* When pixel (y, x) is written up to its end, the earliest byte that is still read belongs to the window of that very
 * pixel, or to the window of the row's remaining pixels, or to the next row's:
 *   written(y, x) = (y · out_w + x + 1) · out_bytes
 *   needed(y, x)  = (row · in_w + column) · in_bytes, row = max(0, y · stride − pad), column = max(0, x · stride − pad),
 * but column 0 where the next output row starts at the same input row (both in the padding above). The lag is the
 * largest written − needed: of rows whose next one starts elsewhere the sum of what the largest y and the largest x
 * give, of the others the end of the last one. No term exceeds the bytes of an image, which are below 2^29. */
uint32_t ek_window_lag(const ek_window_t *window, uint32_t batches, uint32_t in_bytes, uint32_t out_bytes) {
  const int32_t in_row = window->in_w * (int32_t)in_bytes;
  const int32_t out_row = window->out_w * (int32_t)out_bytes;
  const int32_t last = window->out_h - 1;
  const int32_t turn = window->pad_h / window->stride_h; /* rows before this one have a next one that starts at 0 too */
  int32_t lag = smaller(turn, window->out_h) * out_row;
  if (turn <= last) {
    const int32_t lead =
        largest_lead(window->stride_h, window->pad_h, last, out_row, in_row) +
        largest_lead(window->stride_w, window->pad_w, window->out_w - 1, (int32_t)out_bytes, (int32_t)in_bytes) +
        (int32_t)out_bytes;
    lag = lead > lag ? lead : lag;
  }
  /* Each further image shifts output against input by the difference of their sizes. */
  const int32_t growth = window->out_h * out_row - window->in_h * in_row;
  const int64_t total = lag + (growth > 0 ? growth * (int64_t)(batches - 1u) : 0);
  return total < (int64_t)EK_MAX_TENSOR_BYTES ? (uint32_t)total : EK_NO_OVERLAP;
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
