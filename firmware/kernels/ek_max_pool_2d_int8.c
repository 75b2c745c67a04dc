/* SPDX-License-Identifier: Apache-2.0 */
/* MAX_POOL_2D, int8: the largest of the taps inside the input, then clamped. */
#include "ek_pool_loop.h"

static ek_status_t check(ek_call_t *call) { return ek_pool_check_quantized(call, EK_INT8); }

static int32_t largest(const ek_taken_t *taken, int32_t channel) {
  return ek_pool_largest(taken, channel, ek_pool_load_int8, INT8_MIN);
}

static ek_status_t run(ek_call_t *call) { return ek_pool_run(call, largest, ek_pool_store_byte, 1u); }

const ek_kernel_t ek_max_pool_2d_int8 = {.name = "MAX_POOL_2D",
                                         .builtin = 17,
                                         .type = EK_INT8,
                                         .check = EK_AT_LOAD(check),
                                         .run = run,
                                         .overlap = EK_AT_LOAD(ek_pool_overlap)};
