/* SPDX-License-Identifier: Apache-2.0 */
/* HARD_SWISH, float32: x · clamp(x + 3, 0, 6) / 6, in TFLite's order of operations. */
#include "ek_unary.h"

static float hard_swish(float x) {
  const float shifted = x + 3.0f;
  const float gate = shifted > 0.0f ? (shifted < 6.0f ? shifted : 6.0f) : 0.0f;
  return x * gate / 6.0f;
}

static ek_status_t run(ek_call_t *call) { return ek_unary_run_float32(call, hard_swish); }

const ek_kernel_t ek_hard_swish_float32 = {.name = "HARD_SWISH",
                                           .builtin = 117,
                                           .type = EK_FLOAT32,
                                           .check = EK_AT_LOAD(ek_unary_check_float32),
                                           .run = run,
                                           .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
