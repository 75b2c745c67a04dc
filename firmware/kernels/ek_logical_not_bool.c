/* SPDX-License-Identifier: Apache-2.0 */
/* LOGICAL_NOT, bool: !in. Every byte but 0 is true. */
#include "ek_kernel.h"

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  if (output.type != EK_BOOL || input.num_elements != output.num_elements) {
    return ek_call_reject(call, "input and output differ in type or size");
  }
  return EK_OK;
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  for (uint32_t i = 0; i < output.num_elements; ++i) {
    output.data[i] = input.data[i] == 0u;
  }
  return EK_OK;
}

const ek_kernel_t ek_logical_not_bool = {.name = "LOGICAL_NOT",
                                         .builtin = 87,
                                         .type = EK_BOOL,
                                         .check = EK_AT_LOAD(check),
                                         .run = run,
                                         .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
