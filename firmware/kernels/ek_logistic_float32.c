/* SPDX-License-Identifier: Apache-2.0 */
/* LOGISTIC, float32: 1 / (1 + exp(−x)) with the cutoffs of TFLite's reference. */
#include "ek_math.h"
#include "ek_unary.h"

static ek_status_t run(ek_call_t *call) { return ek_unary_run_float32(call, ek_logisticf); }

const ek_kernel_t ek_logistic_float32 = {.name = "LOGISTIC",
                                         .builtin = 14,
                                         .type = EK_FLOAT32,
                                         .check = EK_AT_LOAD(ek_unary_check_float32),
                                         .run = run,
                                         .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
