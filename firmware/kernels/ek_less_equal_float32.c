/* SPDX-License-Identifier: Apache-2.0 */
/* LESS_EQUAL, float32, with broadcasting: in1 <= in2, a bool. */
#include "ek_broadcast.h"

static uint8_t compare(const void *unused, float a, float b) {
  (void)unused;
  return (uint8_t)(a <= b);
}

EK_DEFINE_ROW(compare_row, void, float, uint8_t, compare)

static ek_status_t check(ek_call_t *call) { return ek_binary_check(call, EK_FLOAT32, EK_BOOL); }

static ek_status_t run(ek_call_t *call) { return ek_binary_run(call, compare_row, NULL); }

const ek_kernel_t ek_less_equal_float32 = {.name = "LESS_EQUAL",
                                           .builtin = 63,
                                           .type = EK_FLOAT32,
                                           .check = EK_AT_LOAD(check),
                                           .run = run,
                                           .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
