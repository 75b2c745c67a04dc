/* SPDX-License-Identifier: Apache-2.0 */
/* NEG, float32: −x, zeros and NaN included. */
#include "ek_float_parts.h"
#include "ek_unary.h"

static float negative(float x) { return ek_bits_float(ek_float_bits(x) ^ EK_SIGN_BIT); }

static ek_status_t run(ek_call_t *call) { return ek_unary_run_float32(call, negative); }

const ek_kernel_t ek_neg_float32 = {.name = "NEG",
                                    .builtin = 59,
                                    .type = EK_FLOAT32,
                                    .check = EK_AT_LOAD(ek_unary_check_float32),
                                    .run = run,
                                    .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
