/* SPDX-License-Identifier: Apache-2.0 */
/* ASSIGN_VARIABLE: handle () resource, input → the variable becomes a copy of the input. */
#include "ek_variables.h"

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t handle;
  ek_tensor_t input;
  uint32_t num_bytes;
  EK_TRY(ek_call_input(call, 0u, &handle));
  EK_TRY(ek_call_input(call, 1u, &input));
  EK_TRY(ek_variables_bytes(call, &num_bytes));
  if (handle.type != EK_RESOURCE || handle.num_elements != 1u || handle.is_constant) {
    return ek_call_refuse(call, "a handle must be one resource");
  }
  if (num_bytes != EK_NO_OVERLAP && num_bytes != input.num_bytes) {
    return ek_call_refuse(call, "a variable of another size");
  }
  return EK_OK;
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t handle;
  ek_tensor_t input;
  uint8_t *value;
  EK_TRY(ek_call_input(call, 0u, &handle));
  EK_TRY(ek_call_input(call, 1u, &input));
  EK_TRY(ek_variables_value(call, &handle, input.num_bytes, &value));
  memcpy(value, input.data, input.num_bytes);
  return EK_OK;
}

const ek_kernel_t ek_assign_variable_any = {.name = "ASSIGN_VARIABLE",
                                            .builtin = EK_BUILTIN_ASSIGN_VARIABLE,
                                            .type = EK_ANY_TYPE,
                                            .check = EK_AT_LOAD(check),
                                            .run = run,
                                            .outputs = EK_NO_OUTPUT};
