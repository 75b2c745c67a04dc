/* SPDX-License-Identifier: Apache-2.0 */
/* The loops of all pools, laid into each kernel with its element type and its way to fold a window: the functions that
 * are handed over are constants, so that the compiler leaves no call. */
#ifndef EK_POOL_LOOP_H
#define EK_POOL_LOOP_H

#include "ek_access.h"
#include "ek_activation.h"
#include "ek_pool.h"

#define EK_LAID_IN static inline __attribute__((always_inline))

/* The taps of one output pixel that lie inside the input. */
typedef struct {
  const uint8_t *image; /* of this batch entry */
  int32_t channels, in_w;
  ek_taps_t rows, columns;
} ek_taken_t;

typedef int32_t ek_pool_load_t(const uint8_t *image, int32_t index);
typedef void ek_pool_store_t(uint8_t *to, int32_t value);
typedef int32_t ek_pool_fold_t(const ek_taken_t *taken, int32_t channel);
typedef float ek_pool_fold_float32_t(const ek_taken_t *taken, int32_t channel);

EK_LAID_IN int32_t ek_pool_load_int8(const uint8_t *image, int32_t index) { return ((const int8_t *)image)[index]; }

EK_LAID_IN int32_t ek_pool_load_uint8(const uint8_t *image, int32_t index) { return image[index]; }

EK_LAID_IN int32_t ek_pool_load_int16(const uint8_t *image, int32_t index) {
  return ek_load_i16(image + sizeof(int16_t) * (uint32_t)index);
}

EK_LAID_IN float ek_pool_load_float32(const uint8_t *image, int32_t index) {
  return ek_load_f32(image + sizeof(float) * (uint32_t)index);
}

EK_LAID_IN void ek_pool_store_byte(uint8_t *to, int32_t value) { *to = (uint8_t)value; }

EK_LAID_IN void ek_pool_store_int16(uint8_t *to, int32_t value) { ek_store_i16(to, (int16_t)value); }

/* What follows is done for each tap, in the order in which they lie in memory; `index` is its element of the channel. */
#define EK_POOL_EACH_TAP(taken, channel, index)                                           \
  for (int32_t ky = (taken)->rows.first, index; ky < (taken)->rows.end; ++ky)             \
    for (int32_t kx = (index = ek_pool_row(taken, channel, ky), (taken)->columns.first);  \
         kx < (taken)->columns.end; ++kx, index += (taken)->channels)

EK_LAID_IN int32_t ek_pool_row(const ek_taken_t *taken, int32_t channel, int32_t ky) {
  const int32_t pixel = (taken->rows.origin + ky) * taken->in_w + taken->columns.origin + taken->columns.first;
  return pixel * taken->channels + channel;
}

EK_LAID_IN int32_t ek_pool_count(const ek_taken_t *taken) {
  return (taken->rows.end - taken->rows.first) * (taken->columns.end - taken->columns.first);
}

EK_LAID_IN int32_t ek_pool_sum(const ek_taken_t *taken, int32_t channel, ek_pool_load_t load) {
  uint32_t sum = 0u; /* wraps around, as the reference's does */
  EK_POOL_EACH_TAP(taken, channel, index) { sum += (uint32_t)load(taken->image, index); }
  return (int32_t)sum;
}

/* The mean, rounded half away from zero. */
EK_LAID_IN int32_t ek_pool_mean(const ek_taken_t *taken, int32_t channel, ek_pool_load_t load) {
  const int32_t sum = ek_pool_sum(taken, channel, load);
  const int32_t count = ek_pool_count(taken);
  return (sum > 0 ? ek_wrapping_add(sum, count / 2) : ek_wrapping_add(sum, -(count / 2))) / count;
}

EK_LAID_IN int32_t ek_pool_largest(const ek_taken_t *taken, int32_t channel, ek_pool_load_t load, int32_t lowest) {
  int32_t most = lowest;
  EK_POOL_EACH_TAP(taken, channel, index) {
    const int32_t value = load(taken->image, index);
    most = value > most ? value : most;
  }
  return most;
}

/* What follows is done for each output pixel, in the order in which they lie in memory; elements have `size` bytes. */
#define EK_POOL_EACH_PIXEL(pool, taken, size)                                             \
  for (int32_t batch = 0; batch < (pool)->input.dims[0]; ++batch)                         \
    for (int32_t y = 0; y < (pool)->window.out_h; ++y)                                    \
      for (int32_t x = (ek_take_rows(pool, taken, batch, y, size), 0); x < (pool)->window.out_w; ++x)

EK_LAID_IN void ek_take_rows(const ek_pool_t *pool, ek_taken_t *taken, int32_t batch, int32_t y, uint32_t size) {
  const ek_window_t *window = &pool->window;
  taken->channels = pool->output.dims[3];
  taken->in_w = window->in_w;
  taken->image = pool->input.data + (uint32_t)(batch * window->in_h * window->in_w * taken->channels) * size;
  taken->rows = ek_taps(y, window->stride_h, window->pad_h, 1, window->filter_h, window->in_h);
}

EK_LAID_IN ek_taps_t ek_take_columns(const ek_pool_t *pool, int32_t x) {
  const ek_window_t *window = &pool->window;
  return ek_taps(x, window->stride_w, window->pad_w, 1, window->filter_w, window->in_w);
}

EK_LAID_IN ek_status_t ek_pool_run(ek_call_t *call, ek_pool_fold_t fold, ek_pool_store_t store, uint32_t size) {
  ek_pool_t pool;
  ek_taken_t taken;
  int32_t low;
  int32_t high;
  EK_TRY(ek_pool_decode(call, &pool));
  EK_TRY(ek_activation_quantized(call, pool.activation, &pool.output, &low, &high));
  uint8_t *out = pool.output.data;
  EK_POOL_EACH_PIXEL(&pool, &taken, size) {
    taken.columns = ek_take_columns(&pool, x);
    for (int32_t channel = 0; channel < taken.channels; ++channel) {
      store(out, ek_clamp(fold(&taken, channel), low, high));
      out += size;
    }
  }
  return EK_OK;
}

EK_LAID_IN ek_status_t ek_pool_run_float32(ek_call_t *call, ek_pool_fold_float32_t fold) {
  ek_pool_t pool;
  ek_taken_t taken;
  float low;
  float high;
  EK_TRY(ek_pool_decode(call, &pool));
  EK_TRY(ek_activation_float32(call, pool.activation, &low, &high));
  uint8_t *out = pool.output.data;
  EK_POOL_EACH_PIXEL(&pool, &taken, sizeof(float)) {
    taken.columns = ek_take_columns(&pool, x);
    for (int32_t channel = 0; channel < taken.channels; ++channel) {
      ek_store_f32(out, ek_clamp_float32(fold(&taken, channel), low, high));
      out += sizeof(float);
    }
  }
  return EK_OK;
}

#endif
