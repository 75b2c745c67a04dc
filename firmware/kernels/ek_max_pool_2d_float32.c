/* SPDX-License-Identifier: Apache-2.0 */
/* MAX_POOL_2D, float32: the largest of the taps inside the input, then clamped. NaN never is the largest. */
#include "ek_pool_loop.h"

#define LARGEST_FLOAT 3.402823466e+38f

static float largest(const ek_taken_t *taken, int32_t channel) {
  float most = -LARGEST_FLOAT;
  EK_POOL_EACH_TAP(taken, channel, index) {
    const float value = ek_pool_load_float32(taken->image, index);
    most = value > most ? value : most;
  }
  return most;
}

static ek_status_t run(ek_call_t *call) { return ek_pool_run_float32(call, largest); }

const ek_kernel_t ek_max_pool_2d_float32 = {.name = "MAX_POOL_2D",
                                            .builtin = 17,
                                            .type = EK_FLOAT32,
                                            .check = EK_AT_LOAD(ek_pool_check_float32),
                                            .run = run,
                                            .overlap = EK_AT_LOAD(ek_pool_overlap)};
