/* SPDX-License-Identifier: Apache-2.0 */
/* DEQUANTIZE, int8; see ek_dequantize.h. */
#include "ek_dequantize.h"

static int32_t load(const uint8_t *data, uint32_t index) { return ((const int8_t *)data)[index]; }

static ek_status_t check(ek_call_t *call) { return ek_dequantize_check(call, EK_INT8); }

static ek_status_t run(ek_call_t *call) { return ek_dequantize_run(call, load); }

const ek_kernel_t ek_dequantize_int8 = {.name = "DEQUANTIZE",
                                        .builtin = 6,
                                        .type = EK_INT8,
                                        .check = EK_AT_LOAD(check),
                                        .run = run,
                                        .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
