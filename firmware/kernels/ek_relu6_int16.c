/* SPDX-License-Identifier: Apache-2.0 */
/* RELU6, int16; see ek_relu6.h. */
#include "ek_relu6.h"

const ek_kernel_t ek_relu6_int16 = {.name = "RELU6",
                                    .builtin = 21,
                                    .type = EK_INT16,
                                    .check = EK_AT_LOAD(ek_relu6_check),
                                    .run = ek_relu6_run,
                                    .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
