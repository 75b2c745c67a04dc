/* SPDX-License-Identifier: Apache-2.0 */
/* MINIMUM, int8, with broadcasting: the smaller of the two stored numbers. Like the reference, it takes for granted that
 * all operands share scale and zero point and looks at neither. */
#include "ek_broadcast.h"

static int8_t smaller(const void *unused, int8_t a, int8_t b) {
  (void)unused;
  return a < b ? a : b;
}

EK_DEFINE_ROW(smaller_row, void, int8_t, int8_t, smaller)

static ek_status_t check(ek_call_t *call) { return ek_binary_check(call, EK_INT8, EK_INT8); }

static ek_status_t run(ek_call_t *call) { return ek_binary_run(call, smaller_row, NULL); }

const ek_kernel_t ek_minimum_int8 = {.name = "MINIMUM",
                                     .builtin = 57,
                                     .type = EK_INT8,
                                     .check = EK_AT_LOAD(check),
                                     .run = run,
                                     .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
