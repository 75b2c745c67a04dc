/* SPDX-License-Identifier: Apache-2.0 */
/* AVERAGE_POOL_2D, uint8 (legacy): the mean over the taps inside the input, rounded half up, then clamped. */
#include "ek_activation.h"
#include "ek_pool.h"

static ek_status_t check(ek_call_t *call) {
  ek_pool_t pool;
  int32_t low;
  int32_t high;
  EK_TRY(ek_pool_decode(call, &pool));
  EK_TRY(ek_pool_check(call, &pool, EK_UINT8));
  return ek_activation_quantized(call, pool.activation, &pool.output, &low, &high);
}

static int32_t mean(const ek_pool_t *pool, const ek_pixel_t *at, int32_t channel) {
  int32_t sum = 0;
  for (int32_t ky = at->rows.first; ky < at->rows.end; ++ky) {
    for (int32_t kx = at->columns.first; kx < at->columns.end; ++kx) {
      const int32_t in = ek_tap_pixel(&pool->window, at, ky, kx) * pool->input.dims[3] + channel;
      sum = ek_wrapping_add(sum, pool->input.data[in]);
    }
  }
  const int32_t count = (at->rows.end - at->rows.first) * (at->columns.end - at->columns.first);
  return ek_wrapping_add(sum, count / 2) / count;
}

static ek_status_t run(ek_call_t *call) {
  ek_pool_t pool;
  int32_t low;
  int32_t high;
  EK_TRY(ek_pool_decode(call, &pool));
  EK_TRY(ek_activation_quantized(call, pool.activation, &pool.output, &low, &high));
  const ek_window_t *window = &pool.window;
  uint8_t *out = pool.output.data;
  for (ek_pixel_t at = ek_first_pixel(window); at.batch < pool.input.dims[0]; ek_next_pixel(window, &at)) {
    for (int32_t channel = 0; channel < pool.output.dims[3]; ++channel) {
      *out++ = (uint8_t)ek_clamp(mean(&pool, &at, channel), low, high);
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_average_pool_2d_uint8 = {.name = "AVERAGE_POOL_2D",
                                              .builtin = 1,
                                              .type = EK_UINT8,
                                              .check = EK_AT_LOAD(check),
                                              .run = run,
                                              .overlap = EK_AT_LOAD(ek_pool_overlap)};
