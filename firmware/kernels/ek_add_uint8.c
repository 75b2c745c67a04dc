/* SPDX-License-Identifier: Apache-2.0 */
/* ADD, uint8 (legacy; TFLM has no kernel for it, TFLite does), with broadcasting: the sum in a common scale; see ek_addition.h. */
#include "ek_addition.h"

static uint8_t add(const ek_addition_t *addition, uint8_t a, uint8_t b) {
  const int32_t sum = ek_wrapping_add(ek_addition_operand1(addition, a), ek_addition_operand2(addition, b));
  return (uint8_t)ek_addition_result(addition, sum);
}

EK_DEFINE_ROW(add_row, ek_addition_t, uint8_t, uint8_t, add)

static ek_status_t check(ek_call_t *call) { return ek_addition_check(call, EK_UINT8); }

static ek_status_t run(ek_call_t *call) {
  return ek_addition_run(call, EK_UINT8, add_row);
}

const ek_kernel_t ek_add_uint8 = {.name = "ADD",
                                  .builtin = 0,
                                  .type = EK_UINT8,
                                  .check = EK_AT_LOAD(check),
                                  .run = run,
                                  .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
