/* SPDX-License-Identifier: Apache-2.0 */
/* SPACE_TO_DEPTH, any type: blocks of pixels become channels; see ek_depth_space.h. */
#include "ek_depth_space.h"

static ek_status_t check(ek_call_t *call) { return ek_depth_space_check(call, false); }

static ek_status_t run(ek_call_t *call) { return ek_depth_space_run(call, false); }

const ek_kernel_t ek_space_to_depth_any = {.name = "SPACE_TO_DEPTH",
                                           .builtin = 26,
                                           .type = EK_ANY_TYPE,
                                           .is_view = false,
                                           .check = EK_AT_LOAD(check),
                                           .run = run};
