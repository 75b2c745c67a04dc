/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_product.h"

#include "ek_activation.h"

enum { OPTION_ACTIVATION = 0 };

static ek_status_t decode(ek_call_t *call, ek_type_t type, ek_product_t *product) {
  ek_binary_t binary;
  uint8_t activation;
  EK_TRY(ek_binary_decode(call, &binary));
  EK_TRY(ek_require_quantized(call, &binary.in1, type));
  EK_TRY(ek_require_quantized(call, &binary.in2, type));
  EK_TRY(ek_require_quantized(call, &binary.output, type));
  EK_TRY(ek_call_option_u8(call, OPTION_ACTIVATION, 0u, &activation));
  product->zero1 = binary.in1.zero_point;
  product->zero2 = binary.in2.zero_point;
  product->output_zero = binary.output.zero_point;
  product->multiplier = ek_multiplier(binary.in1.scale, binary.in2.scale, binary.output.scale, 0);
  return ek_activation_quantized(call, activation, &binary.output, &product->low, &product->high);
}

ek_status_t ek_product_check(ek_call_t *call, ek_type_t type) {
  ek_product_t product;
  EK_TRY(ek_binary_check(call, type, type));
  EK_TRY(decode(call, type, &product));
  if (type == EK_INT16 && (product.zero1 != 0 || product.zero2 != 0 || product.output_zero != 0)) {
    return ek_call_refuse(call, "an int16 zero point other than 0");
  }
  return EK_OK;
}

ek_status_t ek_product_run(ek_call_t *call, ek_type_t type, ek_row_function_t row) {
  ek_product_t product;
  EK_TRY(decode(call, type, &product));
  return ek_binary_run(call, row, &product);
}
