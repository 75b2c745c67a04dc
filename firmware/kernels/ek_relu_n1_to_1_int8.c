/* SPDX-License-Identifier: Apache-2.0 */
/* RELU_N1_TO_1, int8, from one scale to another; see ek_slopes.h. TFLite Micro does not have it. */
#include "ek_slopes.h"

const ek_kernel_t ek_relu_n1_to_1_int8 = {.name = "RELU_N1_TO_1",
                                          .builtin = 20,
                                          .type = EK_INT8,
                                          .check = EK_AT_LOAD(ek_relu_n1_to_1_check),
                                          .run = ek_relu_n1_to_1_run,
                                          .scratch = EK_AT_LOAD(ek_unary_scratch),
                                          .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
