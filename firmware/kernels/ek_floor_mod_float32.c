/* SPDX-License-Identifier: Apache-2.0 */
/* FLOOR_MOD, float32, with broadcasting: in1 − in2 · floor(in1 / in2), with the sign of in2. */
#include "ek_broadcast.h"
#include "ek_math.h"

static float remainder_of(const void *unused, float a, float b) {
  (void)unused;
  const float rest = ek_fmodf(a, b);
  return rest != 0.0f && (b < 0.0f) != (rest < 0.0f) ? rest + b : rest;
}

EK_DEFINE_ROW(remainder_row, void, float, float, remainder_of)

static ek_status_t check(ek_call_t *call) { return ek_binary_check(call, EK_FLOAT32, EK_FLOAT32); }

static ek_status_t run(ek_call_t *call) { return ek_binary_run(call, remainder_row, NULL); }

const ek_kernel_t ek_floor_mod_float32 = {.name = "FLOOR_MOD",
                                          .builtin = 95,
                                          .type = EK_FLOAT32,
                                          .check = EK_AT_LOAD(check),
                                          .run = run,
                                          .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
