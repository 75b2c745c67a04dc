/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_addition.h"

#include "ek_activation.h"

enum { OPTION_ACTIVATION = 0 };

static ek_status_t decode(ek_call_t *call, ek_type_t type, ek_addition_t *addition) {
  ek_binary_t binary;
  uint8_t activation;
  EK_TRY(ek_binary_decode(call, &binary));
  EK_TRY(ek_require_quantized(call, &binary.in1, type));
  EK_TRY(ek_require_quantized(call, &binary.in2, type));
  EK_TRY(ek_require_quantized(call, &binary.output, type));
  EK_TRY(ek_call_option_u8(call, OPTION_ACTIVATION, 0u, &activation));
  addition->left_shift = type == EK_INT16 ? 15 : 20;
  addition->zero1 = binary.in1.zero_point;
  addition->zero2 = binary.in2.zero_point;
  addition->output_zero = binary.output.zero_point;
  /* Positive floats order like their bits. */
  const uint32_t largest = binary.in1.scale > binary.in2.scale ? binary.in1.scale : binary.in2.scale;
  addition->multiplier1 = ek_multiplier(binary.in1.scale, EK_FLOAT_ONE, largest, -1);
  addition->multiplier2 = ek_multiplier(binary.in2.scale, EK_FLOAT_ONE, largest, -1);
  addition->output_multiplier = ek_multiplier(largest, EK_FLOAT_ONE, binary.output.scale, 1 - addition->left_shift);
  return ek_activation_quantized(call, activation, &binary.output, &addition->low, &addition->high);
}

ek_status_t ek_addition_check(ek_call_t *call, ek_type_t type) {
  ek_addition_t addition;
  EK_TRY(ek_binary_check(call, type, type));
  EK_TRY(decode(call, type, &addition));
  if (addition.output_multiplier.shift > 0) {
    return ek_call_refuse(call, "an output scale too small for the inputs'");
  }
  return EK_OK;
}

ek_status_t ek_addition_run(ek_call_t *call, ek_type_t type, ek_row_function_t row) {
  ek_addition_t addition;
  EK_TRY(decode(call, type, &addition));
  return ek_binary_run(call, row, &addition);
}
