/* SPDX-License-Identifier: Apache-2.0 */
/* L2_POOL_2D, float32: the root of the mean square over the taps inside the input, then clamped. */
#include "ek_math.h"
#include "ek_pool_loop.h"

static float root_mean_square(const ek_taken_t *taken, int32_t channel) {
  float sum = 0.0f;
  EK_POOL_EACH_TAP(taken, channel, index) {
    const float value = ek_pool_load_float32(taken->image, index);
    sum += value * value;
  }
  return ek_sqrtf(sum / (float)ek_pool_count(taken));
}

static ek_status_t run(ek_call_t *call) { return ek_pool_run_float32(call, root_mean_square); }

const ek_kernel_t ek_l2_pool_2d_float32 = {.name = "L2_POOL_2D",
                                           .builtin = 12,
                                           .type = EK_FLOAT32,
                                           .check = EK_AT_LOAD(ek_pool_check_float32),
                                           .run = run,
                                           .overlap = EK_AT_LOAD(ek_pool_overlap)};
