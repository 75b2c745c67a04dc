/* SPDX-License-Identifier: Apache-2.0 */
/* REDUCE_MAX, float32, over any axes: the largest element. NaN is passed over. */
#include "ek_extreme.h"

#define LARGEST_FLOAT 3.402823466e+38f

static bool is_better(float value, float best) { return value > best; }

EK_EXTREME(float, -LARGEST_FLOAT)

static ek_status_t check(ek_call_t *call) { return ek_reduce_check(call, EK_FLOAT32); }

const ek_kernel_t ek_reduce_max_float32 = {
    .name = "REDUCE_MAX", .builtin = 82, .type = EK_FLOAT32, .check = EK_AT_LOAD(check), .run = run};
