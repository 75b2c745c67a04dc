/* SPDX-License-Identifier: Apache-2.0 */
/* SUB, int16, with broadcasting: the difference in a common scale; see ek_addition.h. */
#include "ek_addition.h"

static int16_t subtract(const ek_addition_t *addition, int16_t a, int16_t b) {
  const int32_t difference = ek_addition_operand1(addition, a) - ek_addition_operand2(addition, b);
  return (int16_t)ek_addition_result(addition, difference);
}

EK_DEFINE_ROW(subtract_row, ek_addition_t, int16_t, int16_t, subtract)

static ek_status_t check(ek_call_t *call) { return ek_addition_check(call, EK_INT16); }

static ek_status_t run(ek_call_t *call) {
  return ek_addition_run(call, EK_INT16, subtract_row);
}

const ek_kernel_t ek_sub_int16 = {.name = "SUB",
                                  .builtin = 41,
                                  .type = EK_INT16,
                                  .check = EK_AT_LOAD(check),
                                  .run = run,
                                  .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
