/* SPDX-License-Identifier: Apache-2.0 */
/* SQUARED_DIFFERENCE, int8, with broadcasting: the difference in a common scale, squared; see
 * ek_squared_difference.h. */
#include "ek_squared_difference.h"

static int8_t square(const ek_addition_t *addition, int8_t a, int8_t b) {
  const int32_t difference = ek_addition_operand1(addition, a) - ek_addition_operand2(addition, b);
  return (int8_t)ek_addition_result(addition, (int32_t)((uint32_t)difference * (uint32_t)difference));
}

EK_DEFINE_ROW(square_row, ek_addition_t, int8_t, int8_t, square)

static ek_status_t check(ek_call_t *call) { return ek_squared_difference_check(call, EK_INT8); }

static ek_status_t run(ek_call_t *call) { return ek_squared_difference_run(call, EK_INT8, square_row); }

const ek_kernel_t ek_squared_difference_int8 = {.name = "SQUARED_DIFFERENCE",
                                                .builtin = 99,
                                                .type = EK_INT8,
                                                .check = EK_AT_LOAD(check),
                                                .run = run,
                                                .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
