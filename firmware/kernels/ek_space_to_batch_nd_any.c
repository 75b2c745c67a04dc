/* SPDX-License-Identifier: Apache-2.0 */
/* SPACE_TO_BATCH_ND, any type: every block-th pixel, from each start, becomes an image of its own; see ek_batch_space.h. */
#include "ek_batch_space.h"

static ek_status_t check(ek_call_t *call) { return ek_batch_space_check(call, true); }

static ek_status_t run(ek_call_t *call) { return ek_batch_space_run(call, true); }

const ek_kernel_t ek_space_to_batch_nd_any = {.name = "SPACE_TO_BATCH_ND",
                                              .builtin = 38,
                                              .type = EK_ANY_TYPE,
                                              .is_view = false,
                                              .check = EK_AT_LOAD(check),
                                              .run = run};
