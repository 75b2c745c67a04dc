/* SPDX-License-Identifier: Apache-2.0 */
/* VAR_HANDLE: its output, one resource, is the number of the variable that its options name. */
#include "ek_variables.h"

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t handle;
  EK_TRY(ek_call_output(call, 0u, &handle));
  if (handle.type != EK_RESOURCE || handle.num_elements != 1u) {
    return ek_call_refuse(call, "a handle must be one resource");
  }
  return EK_OK;
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t handle;
  uint32_t number;
  EK_TRY(ek_call_output(call, 0u, &handle));
  EK_TRY(ek_variables_number(call->runtime, call->operator_.options, &number));
  memcpy(handle.data, &number, sizeof number);
  return EK_OK;
}

const ek_kernel_t ek_var_handle_any = {.name = "VAR_HANDLE",
                                       .builtin = EK_BUILTIN_VAR_HANDLE,
                                       .type = EK_ANY_TYPE,
                                       .check = EK_AT_LOAD(check),
                                       .run = run};
