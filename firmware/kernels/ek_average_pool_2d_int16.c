/* SPDX-License-Identifier: Apache-2.0 */
/* AVERAGE_POOL_2D, int16: the mean over the taps inside the input, rounded half away from zero, then clamped. */
#include "ek_pool_loop.h"

static ek_status_t check(ek_call_t *call) { return ek_pool_check_quantized(call, EK_INT16); }

static int32_t mean(const ek_taken_t *taken, int32_t channel) {
  return ek_pool_mean(taken, channel, ek_pool_load_int16);
}

static ek_status_t run(ek_call_t *call) { return ek_pool_run(call, mean, ek_pool_store_int16, sizeof(int16_t)); }

const ek_kernel_t ek_average_pool_2d_int16 = {.name = "AVERAGE_POOL_2D",
                                              .builtin = 1,
                                              .type = EK_INT16,
                                              .check = EK_AT_LOAD(check),
                                              .run = run,
                                              .overlap = EK_AT_LOAD(ek_pool_overlap)};
