/* SPDX-License-Identifier: Apache-2.0 */
/* MINIMUM, float32, with broadcasting: the smaller of the two. */
#include "ek_broadcast.h"

static float smaller(const void *unused, float a, float b) {
  (void)unused;
  return a < b ? a : b;
}

EK_DEFINE_ROW(smaller_row, void, float, float, smaller)

static ek_status_t check(ek_call_t *call) { return ek_binary_check(call, EK_FLOAT32, EK_FLOAT32); }

static ek_status_t run(ek_call_t *call) { return ek_binary_run(call, smaller_row, NULL); }

const ek_kernel_t ek_minimum_float32 = {.name = "MINIMUM",
                                        .builtin = 57,
                                        .type = EK_FLOAT32,
                                        .check = EK_AT_LOAD(check),
                                        .run = run,
                                        .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
