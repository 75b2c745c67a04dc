/* SPDX-License-Identifier: Apache-2.0 */
/* QUANTIZE, int8 to int8, uint8, int16 or int32: the same values under another scale and zero point; see ek_requantize.h. */
#include "ek_requantize.h"

#define OUTPUT_TYPES (EK_TYPE_BIT(EK_INT8) | EK_TYPE_BIT(EK_UINT8) | EK_TYPE_BIT(EK_INT16) | EK_TYPE_BIT(EK_INT32))

static ek_status_t check(ek_call_t *call) {
  ek_requantize_t operands;
  return ek_requantize_decode(call, &operands, EK_INT8, OUTPUT_TYPES);
}

static ek_status_t run(ek_call_t *call) {
  ek_requantize_t operands;
  EK_TRY(ek_requantize_decode(call, &operands, EK_INT8, OUTPUT_TYPES));
  for (uint32_t i = 0; i < operands.output.num_elements; ++i) {
    ek_requantize_one(&operands, i, ((const int8_t *)operands.input.data)[i]);
  }
  return EK_OK;
}

const ek_kernel_t ek_quantize_int8 = {.name = "QUANTIZE",
                                      .builtin = 114,
                                      .type = EK_INT8,
                                      .check = EK_AT_LOAD(check),
                                      .run = run,
                                      .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
