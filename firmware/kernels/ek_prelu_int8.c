/* SPDX-License-Identifier: Apache-2.0 */
/* PRELU, int8, with slopes of int8 that broadcast; see ek_prelu.h. */
#include "ek_prelu.h"

static int8_t evaluate(const ek_prelu_t *prelu, int8_t in, int8_t alpha) { return (int8_t)ek_prelu_of(prelu, in, alpha); }

EK_DEFINE_MIXED_ROW(evaluate_row, ek_prelu_t, int8_t, int8_t, int8_t, evaluate)

static ek_status_t check(ek_call_t *call) { return ek_prelu_check(call, EK_INT8); }

static ek_status_t run(ek_call_t *call) { return ek_prelu_run(call, evaluate_row); }

const ek_kernel_t ek_prelu_int8 = {.name = "PRELU",
                                  .builtin = 54,
                                  .type = EK_INT8,
                                  .check = EK_AT_LOAD(check),
                                  .run = run,
                                  .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
