/* SPDX-License-Identifier: Apache-2.0 */
/* ADD, int8, with broadcasting: the sum in a common scale; see ek_addition.h. */
#include "ek_addition.h"

static int8_t add(const ek_addition_t *addition, int8_t a, int8_t b) {
  const int32_t sum = ek_wrapping_add(ek_addition_operand1(addition, a), ek_addition_operand2(addition, b));
  return (int8_t)ek_addition_result(addition, sum);
}

EK_DEFINE_ROW(add_row, ek_addition_t, int8_t, int8_t, add)

static ek_status_t check(ek_call_t *call) { return ek_addition_check(call, EK_INT8); }

static ek_status_t run(ek_call_t *call) {
  return ek_addition_run(call, EK_INT8, add_row);
}

const ek_kernel_t ek_add_int8 = {.name = "ADD",
                                 .builtin = 0,
                                 .type = EK_INT8,
                                 .check = EK_AT_LOAD(check),
                                 .run = run,
                                 .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
