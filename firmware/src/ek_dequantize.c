/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_dequantize.h"

ek_status_t ek_dequantize_check(ek_call_t *call, ek_type_t type) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  EK_TRY(ek_require_quantized(call, &input, type));
  if (output.type != EK_FLOAT32) {
    return ek_call_refuse(call, "an output type other than float32");
  }
  return input.num_elements == output.num_elements ? EK_OK
                                                   : ek_call_reject(call, "input and output differ in size");
}
