/* SPDX-License-Identifier: Apache-2.0 */
/* ABS, float32: x without its sign. */
#include "ek_float_parts.h"
#include "ek_unary.h"

static float absolute(float x) { return ek_bits_float(ek_float_bits(x) & ~EK_SIGN_BIT); }

static ek_status_t run(ek_call_t *call) { return ek_unary_run_float32(call, absolute); }

const ek_kernel_t ek_abs_float32 = {.name = "ABS",
                                    .builtin = 101,
                                    .type = EK_FLOAT32,
                                    .check = EK_AT_LOAD(ek_unary_check_float32),
                                    .run = run,
                                    .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
