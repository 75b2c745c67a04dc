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
