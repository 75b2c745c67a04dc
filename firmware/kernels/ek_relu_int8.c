/* SPDX-License-Identifier: Apache-2.0 */
/* RELU, int8, from one scale to another; see ek_slopes.h. */
#include "ek_slopes.h"

const ek_kernel_t ek_relu_int8 = {.name = "RELU",
                                  .builtin = 19,
                                  .type = EK_INT8,
                                  .check = EK_AT_LOAD(ek_slopes_check),
                                  .run = ek_relu_run,
                                  .scratch = EK_AT_LOAD(ek_unary_scratch),
                                  .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
