/* SPDX-License-Identifier: Apache-2.0 */
/* AVERAGE_POOL_2D, uint8 (legacy): the mean over the taps inside the input, rounded half up, then clamped. */
#include "ek_pool_loop.h"

static ek_status_t check(ek_call_t *call) { return ek_pool_check_quantized(call, EK_UINT8); }

static int32_t mean(const ek_taken_t *taken, int32_t channel) {
  const int32_t count = ek_pool_count(taken);
  return ek_wrapping_add(ek_pool_sum(taken, channel, ek_pool_load_uint8), count / 2) / count;
}

static ek_status_t run(ek_call_t *call) { return ek_pool_run(call, mean, ek_pool_store_byte, 1u); }

const ek_kernel_t ek_average_pool_2d_uint8 = {.name = "AVERAGE_POOL_2D",
                                              .builtin = 1,
                                              .type = EK_UINT8,
                                              .check = EK_AT_LOAD(check),
                                              .run = run,
                                              .overlap = EK_AT_LOAD(ek_pool_overlap)};
