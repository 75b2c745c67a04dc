/* SPDX-License-Identifier: Apache-2.0 */
/* SQUARED_DIFFERENCE, float32, with broadcasting: (in1 − in2)². */
#include "ek_broadcast.h"

static float square(const void *unused, float a, float b) {
  (void)unused;
  return (a - b) * (a - b);
}

EK_DEFINE_ROW(square_row, void, float, float, square)

static ek_status_t check(ek_call_t *call) { return ek_binary_check(call, EK_FLOAT32, EK_FLOAT32); }

static ek_status_t run(ek_call_t *call) { return ek_binary_run(call, square_row, NULL); }

const ek_kernel_t ek_squared_difference_float32 = {.name = "SQUARED_DIFFERENCE",
                                                   .builtin = 99,
                                                   .type = EK_FLOAT32,
                                                   .check = EK_AT_LOAD(check),
                                                   .run = run,
                                                   .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
