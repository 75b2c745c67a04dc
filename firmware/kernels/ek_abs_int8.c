/* SPDX-License-Identifier: Apache-2.0 */
/* ABS, int8, from one scale to another; see ek_slopes.h. */
#include "ek_slopes.h"

const ek_kernel_t ek_abs_int8 = {.name = "ABS",
                                 .builtin = 101,
                                 .type = EK_INT8,
                                 .check = ek_slopes_check,
                                 .run = ek_abs_run,
                                 .scratch = ek_unary_scratch,
                                 .overlap = ek_overlap_elementwise};
