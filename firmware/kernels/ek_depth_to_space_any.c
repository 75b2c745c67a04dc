/* SPDX-License-Identifier: Apache-2.0 */
/* DEPTH_TO_SPACE, any type: channels become blocks of pixels; see ek_depth_space.h. */
#include "ek_depth_space.h"

static ek_status_t check(ek_call_t *call) { return ek_depth_space_check(call, true); }

static ek_status_t run(ek_call_t *call) { return ek_depth_space_run(call, true); }

const ek_kernel_t ek_depth_to_space_any = {.name = "DEPTH_TO_SPACE",
                                           .builtin = 5,
                                           .type = EK_ANY_TYPE,
                                           .is_view = false,
                                           .check = EK_AT_LOAD(check),
                                           .run = run};
