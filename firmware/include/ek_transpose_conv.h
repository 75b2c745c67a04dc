/* SPDX-License-Identifier: Apache-2.0 */
/* TRANSPOSE_CONV: the convolution run backwards, from its output to its input.
 *   shape   (4) int32: the output's, which its tensor says as well; not read
 *   weights (out_c, filter_h, filter_w, in_c)
 *   input   (batch, in_h, in_w, in_c)
 *   bias    (out_c), optional
 *   output  (batch, out_h, out_w, out_c)
 * TFLite adds every input pixel to all output pixels that it reaches and needs a sum for each of these. Here the inputs
 * that reach an output pixel are found instead, in the same order, so that nothing but the output is written.
 */
#ifndef EK_TRANSPOSE_CONV_H
#define EK_TRANSPOSE_CONV_H

#include "ek_conv.h"

/* Reads operands and options into `conv`. Its window is that of the forward convolution: window.in_* is the size of
 * this operator's output, window.out_* that of its input. */
EK_MUST_CHECK ek_status_t ek_transpose_conv_decode(ek_call_t *call, ek_conv_t *conv);

/* The inputs [first, end) of one axis that reach output `out`; input i does so through tap reach − i · stride. */
typedef struct {
  int32_t first, end;
  int32_t reach;
} ek_sources_t;

static inline ek_sources_t ek_sources(int32_t out, int32_t stride, int32_t pad, int32_t filter, int32_t in) {
  ek_sources_t sources;
  sources.reach = out + pad;
  sources.first = sources.reach < filter ? 0 : (sources.reach - filter) / stride + 1;
  const int32_t end = sources.reach / stride + 1;
  sources.end = end < in ? end : in;
  return sources;
}

static inline ek_sources_t ek_source_rows(const ek_window_t *window, int32_t y) {
  return ek_sources(y, window->stride_h, window->pad_h, window->filter_h, window->out_h);
}

static inline ek_sources_t ek_source_columns(const ek_window_t *window, int32_t x) {
  return ek_sources(x, window->stride_w, window->pad_w, window->filter_w, window->out_w);
}

/* Index of input pixel (iy, ix) of a batch entry, and of the tap of one output channel that it goes through. */
static inline int32_t ek_source_pixel(const ek_window_t *window, int32_t batch, int32_t iy, int32_t ix) {
  return (batch * window->out_h + iy) * window->out_w + ix;
}

static inline int32_t ek_source_tap(const ek_window_t *window, const ek_sources_t *rows, const ek_sources_t *columns,
                                    int32_t iy, int32_t ix) {
  return (rows->reach - iy * window->stride_h) * window->filter_w + columns->reach - ix * window->stride_w;
}

#endif
