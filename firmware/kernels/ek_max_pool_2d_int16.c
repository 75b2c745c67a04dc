/* SPDX-License-Identifier: Apache-2.0 */
/* MAX_POOL_2D, int16: the largest of the taps inside the input, then clamped. */
#include "ek_access.h"
#include "ek_activation.h"
#include "ek_pool.h"

static ek_status_t check(ek_call_t *call) {
  ek_pool_t pool;
  int32_t low;
  int32_t high;
  EK_TRY(ek_pool_decode(call, &pool));
  EK_TRY(ek_pool_check(call, &pool, EK_INT16));
  return ek_activation_quantized(call, pool.activation, &pool.output, &low, &high);
}

static int32_t largest(const ek_pool_t *pool, const ek_pixel_t *at, int32_t channel) {
  int32_t most = INT16_MIN;
  for (int32_t ky = at->rows.first; ky < at->rows.end; ++ky) {
    for (int32_t kx = at->columns.first; kx < at->columns.end; ++kx) {
      const int32_t in = ek_tap_pixel(&pool->window, at, ky, kx) * pool->input.dims[3] + channel;
      const int32_t value = ek_load_i16(pool->input.data + sizeof(int16_t) * (uint32_t)in);
      most = value > most ? value : most;
    }
  }
  return most;
}

static ek_status_t run(ek_call_t *call) {
  ek_pool_t pool;
  int32_t low;
  int32_t high;
  EK_TRY(ek_pool_decode(call, &pool));
  EK_TRY(ek_activation_quantized(call, pool.activation, &pool.output, &low, &high));
  const ek_window_t *window = &pool.window;
  int16_t *out = (int16_t *)(void *)pool.output.data;
  for (ek_pixel_t at = ek_first_pixel(window); at.batch < pool.input.dims[0]; ek_next_pixel(window, &at)) {
    for (int32_t channel = 0; channel < pool.output.dims[3]; ++channel) {
      *out++ = (int16_t)ek_clamp(largest(&pool, &at, channel), low, high);
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_max_pool_2d_int16 = {.name = "MAX_POOL_2D",
                                          .builtin = 17,
                                          .type = EK_INT16,
                                          .check = EK_AT_LOAD(check),
                                          .run = run,
                                          .overlap = EK_AT_LOAD(ek_pool_overlap)};
