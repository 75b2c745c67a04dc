/* SPDX-License-Identifier: Apache-2.0 */
/* SQRT, float32: the correctly rounded square root; NaN below 0. */
#include "ek_math.h"
#include "ek_unary.h"

static ek_status_t run(ek_call_t *call) { return ek_unary_run_float32(call, ek_sqrtf); }

const ek_kernel_t ek_sqrt_float32 = {.name = "SQRT",
                                     .builtin = 75,
                                     .type = EK_FLOAT32,
                                     .check = EK_AT_LOAD(ek_unary_check_float32),
                                     .run = run,
                                     .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
