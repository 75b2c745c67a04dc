/* SPDX-License-Identifier: Apache-2.0 */
/* ELU, int8: x, below 0 exp(x) − 1; see ek_float_table.h. */
#include "ek_float_table.h"
#include "ek_math.h"

static float elu(float x) { return x < 0.0f ? ek_expm1f(x) : x; }

static ek_status_t check(ek_call_t *call) { return ek_float_table_check(call, elu); }

static ek_status_t run(ek_call_t *call) { return ek_float_table_run(call, elu); }

const ek_kernel_t ek_elu_int8 = {.name = "ELU",
                                 .builtin = 111,
                                 .type = EK_INT8,
                                 .check = EK_AT_LOAD(check),
                                 .run = run,
                                 .scratch = EK_AT_LOAD(ek_unary_scratch),
                                 .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
