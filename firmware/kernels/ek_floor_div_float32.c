/* SPDX-License-Identifier: Apache-2.0 */
/* FLOOR_DIV, float32, with broadcasting: floor(in1 / in2). A zero divisor stops the inference, as TFLite's does. */
#include "ek_broadcast.h"
#include "ek_math.h"

static float divide(const void *unused, float a, float b) {
  (void)unused;
  return ek_floorf(a / b);
}

EK_DEFINE_ROW(divide_row, void, float, float, divide)

static ek_status_t check(ek_call_t *call) { return ek_binary_check(call, EK_FLOAT32, EK_FLOAT32); }

static ek_status_t run(ek_call_t *call) {
  EK_TRY(ek_binary_require_divisor(call, 0));
  EK_TRY(ek_binary_require_divisor(call, INT32_MIN)); /* the bits of minus zero */
  return ek_binary_run(call, divide_row, NULL);
}

const ek_kernel_t ek_floor_div_float32 = {
    .name = "FLOOR_DIV", .builtin = 90, .type = EK_FLOAT32, .is_view = false, .check = check, .run = run};
