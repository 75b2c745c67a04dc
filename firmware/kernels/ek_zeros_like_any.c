/* SPDX-License-Identifier: Apache-2.0 */
/* ZEROS_LIKE, any type: zeros of the input's shape. They are zeros of the bytes, as in the reference, even where the
 * type is quantized and 0 stands for another number. */
#include "ek_shape.h"

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_moved(call, 0u, &input, &output));
  return ek_call_require_shape(call, &output, input.rank, input.dims);
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t output;
  EK_TRY(ek_call_output(call, 0u, &output));
  memset(output.data, 0, output.num_bytes);
  return EK_OK;
}

const ek_kernel_t ek_zeros_like_any = {
    .name = "ZEROS_LIKE", .builtin = 93, .type = EK_ANY_TYPE, .is_view = false, .check = EK_AT_LOAD(check), .run = run};
