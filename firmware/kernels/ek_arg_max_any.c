/* SPDX-License-Identifier: Apache-2.0 */
/* ARG_MAX: where along an axis the largest entry is, the first of equals; see ek_arg.h. */
#include "ek_arg.h"

static ek_status_t run(ek_call_t *call) { return ek_arg_run(call, true); }

const ek_kernel_t ek_arg_max_any = {.name = "ARG_MAX",
                                    .builtin = 56,
                                    .type = EK_ANY_TYPE,
                                    .is_view = false,
                                    .check = EK_AT_LOAD(ek_arg_check),
                                    .run = run};
