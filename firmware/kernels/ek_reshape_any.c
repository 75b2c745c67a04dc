/* SPDX-License-Identifier: Apache-2.0 */
/* RESHAPE, any type: the same bytes under another shape. The shape that counts is the output tensor's; the second
 * input and the options say it again. Usually input and output share their place and nothing is done. */
#include "ek_kernel.h"

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  if (input.type != output.type || input.num_elements != output.num_elements) {
    return ek_call_reject(call, "input and output differ in type or number of elements");
  }
  return EK_OK;
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  if (output.data != input.data) {
    memcpy(output.data, input.data, output.num_bytes);
  }
  return EK_OK;
}

const ek_kernel_t ek_reshape_any = {.name = "RESHAPE",
                                    .builtin = 22,
                                    .type = EK_ANY_TYPE,
                                    .is_view = true,
                                    .check = EK_AT_LOAD(check),
                                    .run = run};
