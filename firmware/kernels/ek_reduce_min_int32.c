/* SPDX-License-Identifier: Apache-2.0 */
/* REDUCE_MIN, int32, over any axes: the smallest element. TFLM has no kernel for it, TFLite does. */
#include "ek_extreme.h"

static bool is_better(int32_t value, int32_t best) { return value < best; }

EK_EXTREME(int32_t, INT32_MAX)

static ek_status_t check(ek_call_t *call) { return ek_reduce_check_same_scale(call, EK_INT32); }

const ek_kernel_t ek_reduce_min_int32 = {
    .name = "REDUCE_MIN", .builtin = 89, .type = EK_INT32, .check = EK_AT_LOAD(check), .run = run};
