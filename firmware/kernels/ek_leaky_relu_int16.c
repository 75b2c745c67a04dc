/* SPDX-License-Identifier: Apache-2.0 */
/* LEAKY_RELU, int16, from one scale to another; see ek_slopes.h. */
#include "ek_slopes.h"

const ek_kernel_t ek_leaky_relu_int16 = {.name = "LEAKY_RELU",
                                         .builtin = 98,
                                         .type = EK_INT16,
                                         .check = EK_AT_LOAD(ek_leaky_relu_check),
                                         .run = ek_leaky_relu_run,
                                         .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
