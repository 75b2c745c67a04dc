/* SPDX-License-Identifier: Apache-2.0 */
/* AVERAGE_POOL_2D, float32: the sum over the taps inside the input, divided by their number, then clamped. */
#include "ek_pool_loop.h"

static float mean(const ek_taken_t *taken, int32_t channel) {
  float sum = 0.0f;
  EK_POOL_EACH_TAP(taken, channel, index) { sum += ek_pool_load_float32(taken->image, index); }
  return sum / (float)ek_pool_count(taken);
}

static ek_status_t run(ek_call_t *call) { return ek_pool_run_float32(call, mean); }

const ek_kernel_t ek_average_pool_2d_float32 = {.name = "AVERAGE_POOL_2D",
                                                .builtin = 1,
                                                .type = EK_FLOAT32,
                                                .check = EK_AT_LOAD(ek_pool_check_float32),
                                                .run = run,
                                                .overlap = EK_AT_LOAD(ek_pool_overlap)};
