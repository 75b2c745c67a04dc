/* SPDX-License-Identifier: Apache-2.0 */
/* CEIL, float32: the smallest integer that is not below x. */
#include "ek_math.h"
#include "ek_unary.h"

static ek_status_t run(ek_call_t *call) { return ek_unary_run_float32(call, ek_ceilf); }

const ek_kernel_t ek_ceil_float32 = {.name = "CEIL",
                                     .builtin = 104,
                                     .type = EK_FLOAT32,
                                     .check = EK_AT_LOAD(ek_unary_check_float32),
                                     .run = run,
                                     .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
