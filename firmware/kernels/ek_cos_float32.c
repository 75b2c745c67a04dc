/* SPDX-License-Identifier: Apache-2.0 */
/* COS, float32: the cosine of an angle in radians, however large. */
#include "ek_math.h"
#include "ek_unary.h"

static ek_status_t run(ek_call_t *call) { return ek_unary_run_float32(call, ek_cosf); }

const ek_kernel_t ek_cos_float32 = {.name = "COS",
                                    .builtin = 108,
                                    .type = EK_FLOAT32,
                                    .check = EK_AT_LOAD(ek_unary_check_float32),
                                    .run = run,
                                    .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
