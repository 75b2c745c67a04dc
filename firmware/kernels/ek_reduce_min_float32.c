/* SPDX-License-Identifier: Apache-2.0 */
/* REDUCE_MIN, float32, over any axes: the smallest element. NaN is passed over. */
#include "ek_extreme.h"

#define LARGEST_FLOAT 3.402823466e+38f

static bool is_better(float value, float best) { return value < best; }

EK_EXTREME(float, LARGEST_FLOAT)

static ek_status_t check(ek_call_t *call) { return ek_reduce_check(call, EK_FLOAT32); }

const ek_kernel_t ek_reduce_min_float32 = {
    .name = "REDUCE_MIN", .builtin = 89, .type = EK_FLOAT32, .check = EK_AT_LOAD(check), .run = run};
