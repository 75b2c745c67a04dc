/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_clamped.h"

enum { OPTION_ACTIVATION = 0 }; /* of ADD, SUB, MUL and DIV alike */

static ek_status_t decode_float32(ek_call_t *call, ek_clamp_float32_t *clamp) {
  uint8_t activation;
  EK_TRY(ek_call_option_u8(call, OPTION_ACTIVATION, 0u, &activation));
  return ek_activation_float32(call, activation, &clamp->low, &clamp->high);
}

static ek_status_t decode_int32(ek_call_t *call, ek_clamp_int32_t *clamp) {
  uint8_t activation;
  EK_TRY(ek_call_option_u8(call, OPTION_ACTIVATION, 0u, &activation));
  return ek_activation_int32(call, activation, &clamp->low, &clamp->high);
}

ek_status_t ek_clamped_float32_check(ek_call_t *call) {
  ek_clamp_float32_t clamp;
  EK_TRY(decode_float32(call, &clamp));
  return ek_binary_check(call, EK_FLOAT32, EK_FLOAT32);
}

ek_status_t ek_clamped_float32_run(ek_call_t *call, ek_row_function_t row) {
  ek_clamp_float32_t clamp;
  EK_TRY(decode_float32(call, &clamp));
  return ek_binary_run(call, row, &clamp);
}

ek_status_t ek_clamped_int32_check(ek_call_t *call) {
  ek_clamp_int32_t clamp;
  ek_binary_t binary;
  EK_TRY(decode_int32(call, &clamp));
  EK_TRY(ek_binary_decode(call, &binary));
  if (binary.in1.num_scales != 0u || binary.in2.num_scales != 0u || binary.output.num_scales != 0u) {
    return ek_call_refuse(call, "int32 operands with a scale");
  }
  return ek_binary_check(call, EK_INT32, EK_INT32);
}

ek_status_t ek_clamped_int32_run(ek_call_t *call, ek_row_function_t row) {
  ek_clamp_int32_t clamp;
  EK_TRY(decode_int32(call, &clamp));
  return ek_binary_run(call, row, &clamp);
}
