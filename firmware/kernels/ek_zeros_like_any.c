/* SPDX-License-Identifier: Apache-2.0 */
/* ZEROS_LIKE, any type: zeros of the input's shape. For quantized types the reference writes zero points. */
#include "ek_shape.h"

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_moved(call, 0u, &input, &output));
  return ek_call_require_shape(call, &output, input.rank, input.dims);
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t output;
  uint8_t zero[8];
  EK_TRY(ek_call_output(call, 0u, &output));
  ek_zero_of(&output, zero);
  ek_fill(output.data, zero, output.num_elements, ek_type_bytes(output.type));
  return EK_OK;
}

const ek_kernel_t ek_zeros_like_any = {
    .name = "ZEROS_LIKE", .builtin = 93, .type = EK_ANY_TYPE, .is_view = false, .check = check, .run = run};
