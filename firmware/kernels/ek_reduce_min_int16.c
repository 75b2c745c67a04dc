/* SPDX-License-Identifier: Apache-2.0 */
/* REDUCE_MIN, int16, over any axes: the smallest element. TFLM has no kernel for it, TFLite does.
 * Input and output share scale and zero point. */
#include "ek_extreme.h"

static bool is_better(int16_t value, int16_t best) { return value < best; }

EK_EXTREME(int16_t, INT16_MAX)

static ek_status_t check(ek_call_t *call) { return ek_reduce_check_same_scale(call, EK_INT16); }

const ek_kernel_t ek_reduce_min_int16 = {
    .name = "REDUCE_MIN", .builtin = 89, .type = EK_INT16, .check = EK_AT_LOAD(check), .run = run};
