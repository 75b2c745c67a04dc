/* SPDX-License-Identifier: Apache-2.0 */
/* AVERAGE_POOL_2D, int8: the mean over the taps inside the input, rounded half away from zero, then clamped. */
#include "ek_pool.h"

static ek_status_t check(ek_call_t *call) {
  ek_pool_t pool;
  int32_t low;
  int32_t high;
  EK_TRY(ek_pool_decode(call, &pool));
  EK_TRY(ek_pool_check(call, &pool, EK_INT8));
  return ek_call_activation_int8(call, pool.activation, &pool.output, &low, &high);
}

static int32_t mean(const ek_window_t *window, const int8_t *image, int32_t channels, ek_taps_t rows,
                    ek_taps_t columns) {
  int32_t sum = 0;
  for (int32_t ky = rows.first; ky < rows.end; ++ky) {
    for (int32_t kx = columns.first; kx < columns.end; ++kx) {
      sum = ek_wrapping_add(sum, image[((rows.origin + ky) * window->in_w + columns.origin + kx) * channels]);
    }
  }
  const int32_t count = (rows.end - rows.first) * (columns.end - columns.first);
  return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

static ek_status_t run(ek_call_t *call) {
  ek_pool_t pool;
  int32_t low;
  int32_t high;
  EK_TRY(ek_pool_decode(call, &pool));
  EK_TRY(ek_call_activation_int8(call, pool.activation, &pool.output, &low, &high));
  const ek_window_t *window = &pool.window;
  const int32_t channels = pool.output.dims[3];
  int8_t *out = (int8_t *)pool.output.data;
  for (int32_t batch = 0; batch < pool.input.dims[0]; ++batch) {
    const int8_t *image = (const int8_t *)pool.input.data + batch * window->in_h * window->in_w * channels;
    for (int32_t y = 0; y < window->out_h; ++y) {
      const ek_taps_t rows = ek_taps(y, window->stride_h, window->pad_h, 1, window->filter_h, window->in_h);
      for (int32_t x = 0; x < window->out_w; ++x) {
        const ek_taps_t columns = ek_taps(x, window->stride_w, window->pad_w, 1, window->filter_w, window->in_w);
        for (int32_t c = 0; c < channels; ++c) {
          *out++ = (int8_t)ek_clamp(mean(window, image + c, channels, rows, columns), low, high);
        }
      }
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_average_pool_2d_int8 = {.name = "AVERAGE_POOL_2D",
                                             .builtin = 1,
                                             .type = EK_INT8,
                                             .check = EK_AT_LOAD(check),
                                             .run = run,
                                             .overlap = EK_AT_LOAD(ek_pool_overlap)};
