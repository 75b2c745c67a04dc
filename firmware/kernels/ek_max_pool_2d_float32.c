/* SPDX-License-Identifier: Apache-2.0 */
/* MAX_POOL_2D, float32: the largest of the taps inside the input, then clamped. NaN never is the largest. */
#include "ek_access.h"
#include "ek_activation.h"
#include "ek_pool.h"

#define LARGEST_FLOAT 3.402823466e+38f

static ek_status_t check(ek_call_t *call) {
  ek_pool_t pool;
  float low;
  float high;
  EK_TRY(ek_pool_decode(call, &pool));
  EK_TRY(ek_pool_check(call, &pool, EK_FLOAT32));
  return ek_activation_float32(call, pool.activation, &low, &high);
}

static float largest(const ek_pool_t *pool, const ek_pixel_t *at, int32_t channel) {
  float most = -LARGEST_FLOAT;
  for (int32_t ky = at->rows.first; ky < at->rows.end; ++ky) {
    for (int32_t kx = at->columns.first; kx < at->columns.end; ++kx) {
      const int32_t in = ek_tap_pixel(&pool->window, at, ky, kx) * pool->input.dims[3] + channel;
      const float value = ek_load_f32(pool->input.data + sizeof(float) * (uint32_t)in);
      most = value > most ? value : most;
    }
  }
  return most;
}

static ek_status_t run(ek_call_t *call) {
  ek_pool_t pool;
  float low;
  float high;
  EK_TRY(ek_pool_decode(call, &pool));
  EK_TRY(ek_activation_float32(call, pool.activation, &low, &high));
  const ek_window_t *window = &pool.window;
  uint8_t *out = pool.output.data;
  for (ek_pixel_t at = ek_first_pixel(window); at.batch < pool.input.dims[0]; ek_next_pixel(window, &at)) {
    for (int32_t channel = 0; channel < pool.output.dims[3]; ++channel) {
      ek_store_f32(out, ek_clamp_float32(largest(&pool, &at, channel), low, high));
      out += sizeof(float);
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_max_pool_2d_float32 = {.name = "MAX_POOL_2D",
                                            .builtin = 17,
                                            .type = EK_FLOAT32,
                                            .check = EK_AT_LOAD(check),
                                            .run = run,
                                            .overlap = EK_AT_LOAD(ek_pool_overlap)};
