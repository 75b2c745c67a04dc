/* SPDX-License-Identifier: Apache-2.0 */
/* SQUARED_DIFFERENCE, int32, not quantized, with broadcasting: (in1 − in2)² in two's complement. */
#include "ek_broadcast.h"

static int32_t square(const void *unused, int32_t a, int32_t b) {
  (void)unused;
  const uint32_t difference = (uint32_t)a - (uint32_t)b;
  return (int32_t)(difference * difference);
}

EK_DEFINE_ROW(square_row, void, int32_t, int32_t, square)

static ek_status_t check(ek_call_t *call) { return ek_binary_check(call, EK_INT32, EK_INT32); }

static ek_status_t run(ek_call_t *call) { return ek_binary_run(call, square_row, NULL); }

const ek_kernel_t ek_squared_difference_int32 = {.name = "SQUARED_DIFFERENCE",
                                                 .builtin = 99,
                                                 .type = EK_INT32,
                                                 .check = EK_AT_LOAD(check),
                                                 .run = run,
                                                 .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
