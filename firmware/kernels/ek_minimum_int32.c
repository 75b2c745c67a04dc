/* SPDX-License-Identifier: Apache-2.0 */
/* MINIMUM, int32, with broadcasting: the smaller of the two. */
#include "ek_broadcast.h"

static int32_t smaller(const void *unused, int32_t a, int32_t b) {
  (void)unused;
  return a < b ? a : b;
}

EK_DEFINE_ROW(smaller_row, void, int32_t, int32_t, smaller)

static ek_status_t check(ek_call_t *call) { return ek_binary_check(call, EK_INT32, EK_INT32); }

static ek_status_t run(ek_call_t *call) { return ek_binary_run(call, smaller_row, NULL); }

const ek_kernel_t ek_minimum_int32 = {.name = "MINIMUM",
                                      .builtin = 57,
                                      .type = EK_INT32,
                                      .check = EK_AT_LOAD(check),
                                      .run = run,
                                      .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
