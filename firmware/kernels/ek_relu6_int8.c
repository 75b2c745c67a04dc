/* SPDX-License-Identifier: Apache-2.0 */
/* RELU6, int8; see ek_relu6.h. */
#include "ek_relu6.h"

const ek_kernel_t ek_relu6_int8 = {.name = "RELU6",
                                   .builtin = 21,
                                   .type = EK_INT8,
                                   .check = EK_AT_LOAD(ek_relu6_check),
                                   .run = ek_relu6_run,
                                   .scratch = EK_AT_LOAD(ek_unary_scratch),
                                   .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
