/* SPDX-License-Identifier: Apache-2.0 */
/* REDUCE_MAX, int8, over any axes: the largest element. Input and output share scale and zero point. */
#include "ek_extreme.h"

static bool is_better(int8_t value, int8_t best) { return value > best; }

EK_EXTREME(int8_t, INT8_MIN)

static ek_status_t check(ek_call_t *call) { return ek_reduce_check_same_scale(call, EK_INT8); }

const ek_kernel_t ek_reduce_max_int8 = {
    .name = "REDUCE_MAX", .builtin = 82, .type = EK_INT8, .check = EK_AT_LOAD(check), .run = run};
