/* SPDX-License-Identifier: Apache-2.0 */
/* L2_POOL_2D, float32: the root of the mean square over the taps inside the input, then clamped. */
#include "ek_activation.h"
#include "ek_math.h"
#include "ek_pool.h"
#include "ek_unary.h"

static ek_status_t check(ek_call_t *call) {
  ek_pool_t pool;
  float low;
  float high;
  EK_TRY(ek_pool_decode(call, &pool));
  if (pool.input.type != EK_FLOAT32 || pool.output.type != EK_FLOAT32) {
    return ek_call_refuse(call, "the operands are of different types");
  }
  if (pool.input.dims[3] != pool.output.dims[3]) {
    return ek_call_reject(call, "input and output have different channels");
  }
  return ek_activation_float32(call, pool.activation, &low, &high);
}

/* `image` is one channel of one batch entry. */
static float root_mean_square(const ek_window_t *window, const uint8_t *image, int32_t channels, ek_taps_t rows,
                              ek_taps_t columns) {
  float sum = 0.0f;
  for (int32_t ky = rows.first; ky < rows.end; ++ky) {
    for (int32_t kx = columns.first; kx < columns.end; ++kx) {
      const int32_t pixel = (rows.origin + ky) * window->in_w + columns.origin + kx;
      const float value = ek_load_f32(image + (uint32_t)(pixel * channels) * sizeof(float));
      sum += value * value;
    }
  }
  const int32_t count = (rows.end - rows.first) * (columns.end - columns.first);
  return ek_sqrtf(sum / (float)count);
}

static ek_status_t run(ek_call_t *call) {
  ek_pool_t pool;
  float low;
  float high;
  EK_TRY(ek_pool_decode(call, &pool));
  EK_TRY(ek_activation_float32(call, pool.activation, &low, &high));
  const ek_window_t *window = &pool.window;
  const int32_t channels = pool.output.dims[3];
  const uint32_t image_bytes = (uint32_t)(window->in_h * window->in_w * channels) * (uint32_t)sizeof(float);
  const uint8_t *image = pool.input.data;
  uint8_t *out = pool.output.data;
  for (int32_t batch = 0; batch < pool.input.dims[0]; ++batch, image += image_bytes) {
    for (int32_t y = 0; y < window->out_h; ++y) {
      const ek_taps_t rows = ek_taps(y, window->stride_h, window->pad_h, 1, window->filter_h, window->in_h);
      for (int32_t x = 0; x < window->out_w; ++x) {
        const ek_taps_t columns = ek_taps(x, window->stride_w, window->pad_w, 1, window->filter_w, window->in_w);
        for (int32_t c = 0; c < channels; ++c, out += sizeof(float)) {
          const float value =
              root_mean_square(window, image + (uint32_t)c * sizeof(float), channels, rows, columns);
          ek_store_f32(out, ek_clamp_float32(value, low, high));
        }
      }
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_l2_pool_2d_float32 = {
    .name = "L2_POOL_2D", .builtin = 12, .type = EK_FLOAT32, .check = check, .run = run};
