/* SPDX-License-Identifier: Apache-2.0 */
/* RELU_N1_TO_1, float32: x clamped to [−1, 1]; NaN stays NaN. */
#include "ek_unary.h"

static float clamp(float x) { return x > 1.0f ? 1.0f : x < -1.0f ? -1.0f : x; }

static ek_status_t run(ek_call_t *call) { return ek_unary_run_float32(call, clamp); }

const ek_kernel_t ek_relu_n1_to_1_float32 = {.name = "RELU_N1_TO_1",
                                             .builtin = 20,
                                             .type = EK_FLOAT32,
                                             .check = EK_AT_LOAD(ek_unary_check_float32),
                                             .run = run,
                                             .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
