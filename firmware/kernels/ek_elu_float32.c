/* SPDX-License-Identifier: Apache-2.0 */
/* ELU, float32: x, below 0 exp(x) − 1. */
#include "ek_math.h"
#include "ek_unary.h"

static float elu(float x) { return x < 0.0f ? ek_expm1f(x) : x; }

static ek_status_t run(ek_call_t *call) { return ek_unary_run_float32(call, elu); }

const ek_kernel_t ek_elu_float32 = {.name = "ELU",
                                    .builtin = 111,
                                    .type = EK_FLOAT32,
                                    .check = EK_AT_LOAD(ek_unary_check_float32),
                                    .run = run,
                                    .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
