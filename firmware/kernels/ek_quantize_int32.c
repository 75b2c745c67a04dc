/* SPDX-License-Identifier: Apache-2.0 */
/* QUANTIZE, int32 to int8 or int16: the same values under another scale and zero point; see ek_requantize.h. */
#include "ek_requantize.h"

#define OUTPUT_TYPES (EK_TYPE_BIT(EK_INT8) | EK_TYPE_BIT(EK_INT16))

static ek_status_t check(ek_call_t *call) {
  ek_requantize_t operands;
  return ek_requantize_decode(call, &operands, EK_INT32, OUTPUT_TYPES);
}

static ek_status_t run(ek_call_t *call) {
  ek_requantize_t operands;
  EK_TRY(ek_requantize_decode(call, &operands, EK_INT32, OUTPUT_TYPES));
  for (uint32_t i = 0; i < operands.output.num_elements; ++i) {
    ek_requantize_one(&operands, i, ek_load_i32(operands.input.data + sizeof(int32_t) * i));
  }
  return EK_OK;
}

const ek_kernel_t ek_quantize_int32 = {.name = "QUANTIZE",
                                       .builtin = 114,
                                       .type = EK_INT32,
                                       .check = EK_AT_LOAD(check),
                                       .run = run,
                                       .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
