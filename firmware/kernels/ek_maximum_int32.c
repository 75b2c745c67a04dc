/* SPDX-License-Identifier: Apache-2.0 */
/* MAXIMUM, int32, with broadcasting: the larger of the two. */
#include "ek_broadcast.h"

static int32_t larger(const void *unused, int32_t a, int32_t b) {
  (void)unused;
  return a > b ? a : b;
}

EK_DEFINE_ROW(larger_row, void, int32_t, int32_t, larger)

static ek_status_t check(ek_call_t *call) { return ek_binary_check(call, EK_INT32, EK_INT32); }

static ek_status_t run(ek_call_t *call) { return ek_binary_run(call, larger_row, NULL); }

const ek_kernel_t ek_maximum_int32 = {.name = "MAXIMUM",
                                      .builtin = 55,
                                      .type = EK_INT32,
                                      .check = EK_AT_LOAD(check),
                                      .run = run,
                                      .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
