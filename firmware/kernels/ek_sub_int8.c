/* SPDX-License-Identifier: Apache-2.0 */
/* SUB, int8, with broadcasting: the difference in a common scale; see ek_addition.h. */
#include "ek_addition.h"

static int8_t subtract(const ek_addition_t *addition, int8_t a, int8_t b) {
  const int32_t difference = ek_addition_operand1(addition, a) - ek_addition_operand2(addition, b);
  return (int8_t)ek_addition_result(addition, difference);
}

EK_DEFINE_ROW(subtract_row, ek_addition_t, int8_t, int8_t, subtract)

static ek_status_t check(ek_call_t *call) { return ek_addition_check(call, EK_INT8); }

static ek_status_t run(ek_call_t *call) {
  return ek_addition_run(call, EK_INT8, subtract_row);
}

const ek_kernel_t ek_sub_int8 = {.name = "SUB",
                                 .builtin = 41,
                                 .type = EK_INT8,
                                 .check = EK_AT_LOAD(check),
                                 .run = run,
                                 .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
