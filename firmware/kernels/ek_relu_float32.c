/* SPDX-License-Identifier: Apache-2.0 */
/* RELU, float32: max(x, 0); NaN stays NaN. */
#include "ek_unary.h"

static float relu(float x) { return x < 0.0f ? 0.0f : x; }

static ek_status_t run(ek_call_t *call) { return ek_unary_run_float32(call, relu); }

const ek_kernel_t ek_relu_float32 = {.name = "RELU",
                                     .builtin = 19,
                                     .type = EK_FLOAT32,
                                     .check = EK_AT_LOAD(ek_unary_check_float32),
                                     .run = run,
                                     .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
