/* SPDX-License-Identifier: Apache-2.0 */
/* MUL, float32, with broadcasting: clamp(in1 * in2). */
#include "ek_clamped.h"

static float multiply(const ek_clamp_float32_t *clamp, float a, float b) {
  return ek_clamp_float32(a * b, clamp->low, clamp->high);
}

EK_DEFINE_ROW(multiply_row, ek_clamp_float32_t, float, float, multiply)

static ek_status_t check(ek_call_t *call) { return ek_clamped_float32_check(call); }

static ek_status_t run(ek_call_t *call) { return ek_clamped_float32_run(call, multiply_row); }

const ek_kernel_t ek_mul_float32 = {.name = "MUL",
                                    .builtin = 18,
                                    .type = EK_FLOAT32,
                                    .check = EK_AT_LOAD(check),
                                    .run = run,
                                    .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
