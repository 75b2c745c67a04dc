/* SPDX-License-Identifier: Apache-2.0 */
/* READ_VARIABLE: handle () resource → output, a copy of the variable. */
#include "ek_variables.h"

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t handle;
  ek_tensor_t output;
  uint32_t num_bytes;
  EK_TRY(ek_call_input(call, 0u, &handle));
  EK_TRY(ek_call_output(call, 0u, &output));
  EK_TRY(ek_variables_bytes(call, &num_bytes));
  if (handle.type != EK_RESOURCE || handle.num_elements != 1u || handle.is_constant) {
    return ek_call_refuse(call, "a handle must be one resource");
  }
  if (num_bytes != EK_NO_OVERLAP && num_bytes != output.num_bytes) {
    return ek_call_refuse(call, "a variable of another size, or one that nothing is assigned to");
  }
  return EK_OK;
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t handle;
  ek_tensor_t output;
  uint8_t *value;
  EK_TRY(ek_call_input(call, 0u, &handle));
  EK_TRY(ek_call_output(call, 0u, &output));
  EK_TRY(ek_variables_value(call, &handle, output.num_bytes, &value));
  memcpy(output.data, value, output.num_bytes);
  return EK_OK;
}

const ek_kernel_t ek_read_variable_any = {.name = "READ_VARIABLE",
                                          .builtin = EK_BUILTIN_READ_VARIABLE,
                                          .type = EK_ANY_TYPE,
                                          .check = EK_AT_LOAD(check),
                                          .run = run};
