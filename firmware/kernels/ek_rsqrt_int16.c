/* SPDX-License-Identifier: Apache-2.0 */
/* RSQRT, int16; see ek_rsqrt.h. */
#include "ek_rsqrt.h"

const ek_kernel_t ek_rsqrt_int16 = {.name = "RSQRT",
                                    .builtin = 76,
                                    .type = EK_INT16,
                                    .check = EK_AT_LOAD(ek_rsqrt_check),
                                    .run = ek_rsqrt_run,
                                    .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
