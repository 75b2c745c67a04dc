/* SPDX-License-Identifier: Apache-2.0 */
/* PADV2, any type: a value of the model's own around the input, in the output's units. */
#include "ek_pad.h"

const ek_kernel_t ek_padv2_any = {.name = "PADV2",
                                  .builtin = 60,
                                  .type = EK_ANY_TYPE,
                                  .is_view = false,
                                  .check = EK_AT_LOAD(ek_pad_check),
                                  .run = ek_pad_run};
