/* SPDX-License-Identifier: Apache-2.0 */
/* MAXIMUM, int8, with broadcasting: the larger of the two stored numbers. Like the reference, it takes for granted that
 * all operands share scale and zero point and looks at neither. */
#include "ek_broadcast.h"

static int8_t larger(const void *unused, int8_t a, int8_t b) {
  (void)unused;
  return a > b ? a : b;
}

EK_DEFINE_ROW(larger_row, void, int8_t, int8_t, larger)

static ek_status_t check(ek_call_t *call) { return ek_binary_check(call, EK_INT8, EK_INT8); }

static ek_status_t run(ek_call_t *call) { return ek_binary_run(call, larger_row, NULL); }

const ek_kernel_t ek_maximum_int8 = {.name = "MAXIMUM",
                                     .builtin = 55,
                                     .type = EK_INT8,
                                     .check = EK_AT_LOAD(check),
                                     .run = run,
                                     .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
