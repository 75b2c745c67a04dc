/* SPDX-License-Identifier: Apache-2.0 */
/* MAXIMUM, float32, with broadcasting: the larger of the two. */
#include "ek_broadcast.h"

static float larger(const void *unused, float a, float b) {
  (void)unused;
  return a > b ? a : b;
}

EK_DEFINE_ROW(larger_row, void, float, float, larger)

static ek_status_t check(ek_call_t *call) { return ek_binary_check(call, EK_FLOAT32, EK_FLOAT32); }

static ek_status_t run(ek_call_t *call) { return ek_binary_run(call, larger_row, NULL); }

const ek_kernel_t ek_maximum_float32 = {.name = "MAXIMUM",
                                        .builtin = 55,
                                        .type = EK_FLOAT32,
                                        .check = EK_AT_LOAD(check),
                                        .run = run,
                                        .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
