/* SPDX-License-Identifier: Apache-2.0 */
/* RSQRT, float32: 1 / sqrt(x), rounded twice, as TFLite does it. */
#include "ek_math.h"
#include "ek_unary.h"

static ek_status_t run(ek_call_t *call) { return ek_unary_run_float32(call, ek_rsqrtf); }

const ek_kernel_t ek_rsqrt_float32 = {.name = "RSQRT",
                                      .builtin = 76,
                                      .type = EK_FLOAT32,
                                      .check = EK_AT_LOAD(ek_unary_check_float32),
                                      .run = run,
                                      .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
