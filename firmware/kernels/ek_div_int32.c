/* SPDX-License-Identifier: Apache-2.0 */
/* DIV, int32, not quantized, with broadcasting: clamp(in1 / in2), truncated. A zero divisor stops the inference, as
 * TFLite's does. */
#include "ek_clamped.h"

static int32_t divide(const ek_clamp_int32_t *clamp, int32_t a, int32_t b) {
  /* The one quotient that overflows wraps. */
  const int32_t quotient = b == -1 ? (int32_t)(0u - (uint32_t)a) : a / b;
  return ek_clamp(quotient, clamp->low, clamp->high);
}

EK_DEFINE_ROW(divide_row, ek_clamp_int32_t, int32_t, int32_t, divide)

static ek_status_t check(ek_call_t *call) { return ek_clamped_int32_check(call); }

static ek_status_t run(ek_call_t *call) {
  EK_TRY(ek_binary_require_divisor(call, 0));
  return ek_clamped_int32_run(call, divide_row);
}

const ek_kernel_t ek_div_int32 = {.name = "DIV",
                                  .builtin = 42,
                                  .type = EK_INT32,
                                  .check = EK_AT_LOAD(check),
                                  .run = run,
                                  .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
