/* SPDX-License-Identifier: Apache-2.0 */
/* AVERAGE_POOL_2D, int8: the mean over the taps inside the input, rounded half away from zero, then clamped. */
#include "ek_pool_loop.h"

static ek_status_t check(ek_call_t *call) { return ek_pool_check_quantized(call, EK_INT8); }

static int32_t mean(const ek_taken_t *taken, int32_t channel) {
  return ek_pool_mean(taken, channel, ek_pool_load_int8);
}

static ek_status_t run(ek_call_t *call) { return ek_pool_run(call, mean, ek_pool_store_byte, 1u); }

const ek_kernel_t ek_average_pool_2d_int8 = {.name = "AVERAGE_POOL_2D",
                                             .builtin = 1,
                                             .type = EK_INT8,
                                             .check = EK_AT_LOAD(check),
                                             .run = run,
                                             .overlap = EK_AT_LOAD(ek_pool_overlap)};
