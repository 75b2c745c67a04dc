/* SPDX-License-Identifier: Apache-2.0 */
/* FLOOR_MOD, int32, with broadcasting: in1 − in2 · floor(in1 / in2), with the sign of in2. A zero divisor stops the
 * inference, as TFLite's does. TFLM has no kernel for it, TFLite does. */
#include "ek_broadcast.h"

static int32_t remainder_of(const void *unused, int32_t a, int32_t b) {
  (void)unused;
  const int32_t rest = b == -1 ? 0 : a % b; /* the quotient by −1 may overflow */
  return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
}

EK_DEFINE_ROW(remainder_row, void, int32_t, int32_t, remainder_of)

static ek_status_t check(ek_call_t *call) { return ek_binary_check(call, EK_INT32, EK_INT32); }

static ek_status_t run(ek_call_t *call) {
  EK_TRY(ek_binary_require_divisor(call, 0));
  return ek_binary_run(call, remainder_row, NULL);
}

const ek_kernel_t ek_floor_mod_int32 = {.name = "FLOOR_MOD",
                                        .builtin = 95,
                                        .type = EK_INT32,
                                        .check = EK_AT_LOAD(check),
                                        .run = run,
                                        .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
