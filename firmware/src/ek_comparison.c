/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_comparison.h"

#include "ek_activation.h"

static ek_status_t decode(ek_call_t *call, ek_type_t type, ek_comparison_t *comparison) {
  ek_binary_t binary;
  EK_TRY(ek_binary_decode(call, &binary));
  EK_TRY(ek_require_quantized(call, &binary.in1, type));
  EK_TRY(ek_require_quantized(call, &binary.in2, type));
  comparison->zero1 = binary.in1.zero_point;
  comparison->zero2 = binary.in2.zero_point;
  comparison->multiplier1 = ek_multiplier(binary.in1.scale, EK_FLOAT_ONE, EK_FLOAT_ONE, 0);
  comparison->multiplier2 = ek_multiplier(binary.in2.scale, EK_FLOAT_ONE, EK_FLOAT_ONE, 0);
  return EK_OK;
}

ek_status_t ek_comparison_check(ek_call_t *call, ek_type_t type) {
  ek_comparison_t comparison;
  EK_TRY(ek_binary_check(call, type, EK_BOOL));
  EK_TRY(decode(call, type, &comparison));
  if (comparison.multiplier1.shift > 0 || comparison.multiplier2.shift > 0) { /* TFLite does not take them either */
    return ek_call_refuse(call, "a scale of 1 or more");
  }
  return EK_OK;
}

ek_status_t ek_comparison_run(ek_call_t *call, ek_type_t type, ek_row_function_t row) {
  ek_comparison_t comparison;
  EK_TRY(decode(call, type, &comparison));
  return ek_binary_run(call, row, &comparison);
}
