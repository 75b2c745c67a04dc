/* SPDX-License-Identifier: Apache-2.0 */
/* LOG, float32: the natural logarithm; NaN below 0. */
#include "ek_math.h"
#include "ek_unary.h"

static ek_status_t run(ek_call_t *call) { return ek_unary_run_float32(call, ek_logf); }

const ek_kernel_t ek_log_float32 = {.name = "LOG",
                                    .builtin = 73,
                                    .type = EK_FLOAT32,
                                    .check = EK_AT_LOAD(ek_unary_check_float32),
                                    .run = run,
                                    .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
