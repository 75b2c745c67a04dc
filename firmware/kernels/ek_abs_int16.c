/* SPDX-License-Identifier: Apache-2.0 */
/* ABS, int16, from one scale to another; see ek_slopes.h. */
#include "ek_slopes.h"

const ek_kernel_t ek_abs_int16 = {.name = "ABS",
                                  .builtin = 101,
                                  .type = EK_INT16,
                                  .check = EK_AT_LOAD(ek_slopes_check),
                                  .run = ek_abs_run,
                                  .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
