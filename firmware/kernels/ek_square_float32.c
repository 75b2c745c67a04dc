/* SPDX-License-Identifier: Apache-2.0 */
/* SQUARE, float32: x · x. */
#include "ek_unary.h"

static float square(float x) { return x * x; }

static ek_status_t run(ek_call_t *call) { return ek_unary_run_float32(call, square); }

const ek_kernel_t ek_square_float32 = {.name = "SQUARE",
                                       .builtin = 92,
                                       .type = EK_FLOAT32,
                                       .check = EK_AT_LOAD(ek_unary_check_float32),
                                       .run = run,
                                       .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
