/* SPDX-License-Identifier: Apache-2.0 */
/* FLOOR_DIV, float32, with broadcasting: floor(in1 / in2) of the exact quotient, which TFLite approaches with a double.
 * A zero divisor stops the inference, as TFLite's does. */
#include "ek_broadcast.h"
#include "ek_math.h"

#define ALL_WHOLE 8388608.0f /* from 2^23 on floats have no fractions */

static float divide(const void *unused, float a, float b) {
  (void)unused;
  const float quotient = a / b;
  const float whole = ek_floorf(quotient);
  if (whole != quotient || !(quotient > -ALL_WHOLE && quotient < ALL_WHOLE)) {
    return whole;
  }
  /* The quotient may be a whole number only because it was rounded to it, from above or from below; a rest of more
   * than half the divisor says that the exact one is nearer to zero. */
  const float rest = ek_fmodf(a, b);
  const float twice = rest < 0.0f ? -2.0f * rest : 2.0f * rest;
  const bool is_nearer_to_zero = twice > (b < 0.0f ? -b : b);
  const bool is_negative = (a < 0.0f) != (b < 0.0f);
  return rest != 0.0f && is_nearer_to_zero != is_negative ? whole - 1.0f : whole;
}

EK_DEFINE_ROW(divide_row, void, float, float, divide)

static ek_status_t check(ek_call_t *call) { return ek_binary_check(call, EK_FLOAT32, EK_FLOAT32); }

static ek_status_t run(ek_call_t *call) {
  EK_TRY(ek_binary_require_divisor(call, 0));
  EK_TRY(ek_binary_require_divisor(call, INT32_MIN)); /* the bits of minus zero */
  return ek_binary_run(call, divide_row, NULL);
}

const ek_kernel_t ek_floor_div_float32 = {.name = "FLOOR_DIV",
                                          .builtin = 90,
                                          .type = EK_FLOAT32,
                                          .check = EK_AT_LOAD(check),
                                          .run = run,
                                          .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
