/* SPDX-License-Identifier: Apache-2.0 */
/* BATCH_TO_SPACE_ND, any type: images are woven into one; see ek_batch_space.h. */
#include "ek_batch_space.h"

static ek_status_t check(ek_call_t *call) { return ek_batch_space_check(call, false); }

static ek_status_t run(ek_call_t *call) { return ek_batch_space_run(call, false); }

const ek_kernel_t ek_batch_to_space_nd_any = {.name = "BATCH_TO_SPACE_ND",
                                              .builtin = 37,
                                              .type = EK_ANY_TYPE,
                                              .is_view = false,
                                              .check = EK_AT_LOAD(check),
                                              .run = run};
