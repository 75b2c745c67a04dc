/* SPDX-License-Identifier: Apache-2.0 */
/* PAD, any type: zeros around the input; for 8-bit quantized types that is the zero point of the output. */
#include "ek_pad.h"

const ek_kernel_t ek_pad_any = {.name = "PAD",
                                .builtin = 34,
                                .type = EK_ANY_TYPE,
                                .is_view = false,
                                .check = EK_AT_LOAD(ek_pad_check),
                                .run = ek_pad_run};
