/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_signal.h"

ek_status_t ek_signal_check(ek_call_t *call, ek_type_t in, ek_type_t out) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  if (input.type != (uint8_t)in || output.type != (uint8_t)out) {
    return ek_call_refuse(call, "this combination of operand types");
  }
  return input.num_elements == output.num_elements ? EK_OK
                                                   : ek_call_reject(call, "input and output differ in size");
}

ek_status_t ek_signal_option(ek_call_t *call, uint32_t index, int32_t low, int32_t high, int32_t *value) {
  EK_TRY(ek_call_custom_option(call, index, value));
  return *value >= low && *value <= high ? EK_OK : ek_call_refuse(call, "an option of the operator out of range");
}
