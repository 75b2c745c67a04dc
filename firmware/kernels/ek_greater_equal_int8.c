/* SPDX-License-Identifier: Apache-2.0 */
/* GREATER_EQUAL, int8, with broadcasting: in1 >= in2 in a common scale, a bool; see ek_comparison.h. */
#include "ek_comparison.h"

static uint8_t compare(const ek_comparison_t *comparison, int8_t a, int8_t b) {
  return (uint8_t)(ek_comparison_operand1(comparison, a) >= ek_comparison_operand2(comparison, b));
}

EK_DEFINE_ROW(compare_row, ek_comparison_t, int8_t, uint8_t, compare)

static ek_status_t check(ek_call_t *call) { return ek_comparison_check(call, EK_INT8); }

static ek_status_t run(ek_call_t *call) { return ek_comparison_run(call, EK_INT8, compare_row); }

const ek_kernel_t ek_greater_equal_int8 = {.name = "GREATER_EQUAL",
                                           .builtin = 62,
                                           .type = EK_INT8,
                                           .check = EK_AT_LOAD(check),
                                           .run = run,
                                           .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
