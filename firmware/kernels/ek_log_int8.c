/* SPDX-License-Identifier: Apache-2.0 */
/* LOG, int8: the natural logarithm, the lowest value where there is none; see ek_float_table.h.
 * TFLite Micro has it for float32 only. */
#include "ek_float_table.h"
#include "ek_math.h"

static ek_status_t check(ek_call_t *call) { return ek_float_table_check(call, ek_logf); }

static ek_status_t run(ek_call_t *call) { return ek_float_table_run(call, ek_logf); }

const ek_kernel_t ek_log_int8 = {.name = "LOG",
                                 .builtin = 73,
                                 .type = EK_INT8,
                                 .check = EK_AT_LOAD(check),
                                 .run = run,
                                 .scratch = EK_AT_LOAD(ek_unary_scratch),
                                 .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
