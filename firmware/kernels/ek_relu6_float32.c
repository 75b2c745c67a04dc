/* SPDX-License-Identifier: Apache-2.0 */
/* RELU6, float32: x clamped to [0, 6]; NaN stays NaN. */
#include "ek_unary.h"

static float relu6(float x) { return x > 6.0f ? 6.0f : x < 0.0f ? 0.0f : x; }

static ek_status_t run(ek_call_t *call) { return ek_unary_run_float32(call, relu6); }

const ek_kernel_t ek_relu6_float32 = {.name = "RELU6",
                                      .builtin = 21,
                                      .type = EK_FLOAT32,
                                      .check = EK_AT_LOAD(ek_unary_check_float32),
                                      .run = run,
                                      .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
