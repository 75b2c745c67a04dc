/* SPDX-License-Identifier: Apache-2.0 */
/* GREATER_EQUAL, int32, with broadcasting: in1 >= in2, a bool. */
#include "ek_broadcast.h"

static uint8_t compare(const void *unused, int32_t a, int32_t b) {
  (void)unused;
  return (uint8_t)(a >= b);
}

EK_DEFINE_ROW(compare_row, void, int32_t, uint8_t, compare)

static ek_status_t check(ek_call_t *call) { return ek_binary_check(call, EK_INT32, EK_BOOL); }

static ek_status_t run(ek_call_t *call) { return ek_binary_run(call, compare_row, NULL); }

const ek_kernel_t ek_greater_equal_int32 = {.name = "GREATER_EQUAL",
                                            .builtin = 62,
                                            .type = EK_INT32,
                                            .check = EK_AT_LOAD(check),
                                            .run = run,
                                            .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
