/* SPDX-License-Identifier: Apache-2.0 */
/* FILL, any type: one value everywhere. The first input spells the shape, the second is the value. */
#include "ek_shape.h"

typedef struct {
  ek_tensor_t value, output;
} fill_t;

static ek_status_t decode(ek_call_t *call, fill_t *fill) {
  ek_tensor_t shape;
  EK_TRY(ek_call_integers(call, 0u, &shape));
  EK_TRY(ek_call_moved(call, 1u, &fill->value, &fill->output));
  return ek_call_require_spelled(call, &shape, &fill->output);
}

static ek_status_t check(ek_call_t *call) {
  fill_t fill;
  EK_TRY(decode(call, &fill));
  return fill.value.num_elements == 1u ? EK_OK : ek_call_reject(call, "more than one value to fill with");
}

static ek_status_t run(ek_call_t *call) {
  fill_t fill;
  EK_TRY(decode(call, &fill));
  ek_fill(fill.output.data, fill.value.data, fill.output.num_elements, ek_type_bytes(fill.output.type));
  return EK_OK;
}

const ek_kernel_t ek_fill_any = {
    .name = "FILL", .builtin = 94, .type = EK_ANY_TYPE, .is_view = false, .check = EK_AT_LOAD(check), .run = run};
