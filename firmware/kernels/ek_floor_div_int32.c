/* SPDX-License-Identifier: Apache-2.0 */
/* FLOOR_DIV, int32, with broadcasting: floor(in1 / in2). A zero divisor stops the inference, as TFLite's does.
 * TFLM has no kernel for it, TFLite does. */
#include "ek_broadcast.h"

static int32_t divide(const void *unused, int32_t a, int32_t b) {
  (void)unused;
  if (b == -1) { /* the one quotient that overflows wraps */
    return (int32_t)(0u - (uint32_t)a);
  }
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

EK_DEFINE_ROW(divide_row, void, int32_t, int32_t, divide)

static ek_status_t check(ek_call_t *call) { return ek_binary_check(call, EK_INT32, EK_INT32); }

static ek_status_t run(ek_call_t *call) {
  EK_TRY(ek_binary_require_divisor(call, 0));
  return ek_binary_run(call, divide_row, NULL);
}

const ek_kernel_t ek_floor_div_int32 = {.name = "FLOOR_DIV",
                                        .builtin = 90,
                                        .type = EK_INT32,
                                        .check = EK_AT_LOAD(check),
                                        .run = run,
                                        .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
