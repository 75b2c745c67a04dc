/* SPDX-License-Identifier: Apache-2.0 */
/* PRELU, float32: in ≥ 0 ? in : in · alpha, where alpha broadcasts. */
#include "ek_broadcast.h"

static float evaluate(const void *unused, float in, float alpha) {
  (void)unused;
  return in >= 0.0f ? in : in * alpha;
}

EK_DEFINE_ROW(evaluate_row, void, float, float, evaluate)

static ek_status_t check(ek_call_t *call) { return ek_binary_check(call, EK_FLOAT32, EK_FLOAT32); }

static ek_status_t run(ek_call_t *call) { return ek_binary_run(call, evaluate_row, NULL); }

const ek_kernel_t ek_prelu_float32 = {.name = "PRELU",
                                      .builtin = 54,
                                      .type = EK_FLOAT32,
                                      .check = EK_AT_LOAD(check),
                                      .run = run,
                                      .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
