/* SPDX-License-Identifier: Apache-2.0 */
/* MINIMUM, int16, with broadcasting: the smaller of the two stored numbers. Like the reference, it takes for granted that
 * all operands share scale and zero point and looks at neither. */
#include "ek_broadcast.h"

static int16_t smaller(const void *unused, int16_t a, int16_t b) {
  (void)unused;
  return a < b ? a : b;
}

EK_DEFINE_ROW(smaller_row, void, int16_t, int16_t, smaller)

static ek_status_t check(ek_call_t *call) { return ek_binary_check(call, EK_INT16, EK_INT16); }

static ek_status_t run(ek_call_t *call) { return ek_binary_run(call, smaller_row, NULL); }

const ek_kernel_t ek_minimum_int16 = {.name = "MINIMUM",
                                      .builtin = 57,
                                      .type = EK_INT16,
                                      .check = EK_AT_LOAD(check),
                                      .run = run,
                                      .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
