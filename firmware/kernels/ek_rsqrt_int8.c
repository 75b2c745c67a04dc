/* SPDX-License-Identifier: Apache-2.0 */
/* RSQRT, int8; see ek_rsqrt.h. */
#include "ek_rsqrt.h"

const ek_kernel_t ek_rsqrt_int8 = {.name = "RSQRT",
                                   .builtin = 76,
                                   .type = EK_INT8,
                                   .check = EK_AT_LOAD(ek_rsqrt_check),
                                   .run = ek_rsqrt_run,
                                   .scratch = EK_AT_LOAD(ek_unary_scratch),
                                   .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
