/* SPDX-License-Identifier: Apache-2.0 */
/* ek_window_lag for tests: `numbers` are stride, dilation, filter, input, output and padding, each height then width. */
#include "ek_window.h"

uint32_t ek_host_window_lag(const int32_t numbers[12], uint32_t batches, uint32_t in_bytes, uint32_t out_bytes);

uint32_t ek_host_window_lag(const int32_t numbers[12], uint32_t batches, uint32_t in_bytes, uint32_t out_bytes) {
  const ek_window_t window = {
      .stride_h = numbers[0],
      .stride_w = numbers[1],
      .dilation_h = numbers[2],
      .dilation_w = numbers[3],
      .filter_h = numbers[4],
      .filter_w = numbers[5],
      .in_h = numbers[6],
      .in_w = numbers[7],
      .out_h = numbers[8],
      .out_w = numbers[9],
      .pad_h = numbers[10],
      .pad_w = numbers[11],
  };
  return ek_window_lag(&window, batches, in_bytes, out_bytes);
}
