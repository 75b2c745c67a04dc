/* SPDX-License-Identifier: Apache-2.0 */
/* MIRROR_PAD, any type: around the input, its own mirror image.
 * With `size` entries along an axis, position p before or behind the input shows
 *   reflect:   p < 0 → −p,      p ≥ size → 2·size − 2 − p    (the edge is not repeated)
 *   symmetric: p < 0 → −p − 1,  p ≥ size → 2·size − 1 − p
 * Neither may reach beyond the other edge. */
#include "ek_pad.h"

enum { OPTION_MODE = 0 };
enum { MODE_REFLECT = 0, MODE_SYMMETRIC = 1 };

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  ek_tensor_t amounts;
  uint8_t mode;
  EK_TRY(ek_call_moved(call, 0u, &input, &output));
  EK_TRY(ek_pad_amounts(call, 1u, &input, &output, &amounts));
  EK_TRY(ek_call_option_u8(call, OPTION_MODE, MODE_REFLECT, &mode));
  if (mode > MODE_SYMMETRIC) {
    return ek_call_refuse(call, "a way of mirroring other than reflect and symmetric");
  }
  for (uint32_t axis = 0; axis < input.rank; ++axis) {
    const int32_t most = input.dims[axis] - (mode == MODE_REFLECT ? 1 : 0);
    if (ek_pad_before(&amounts, axis) > most || ek_pad_after(&amounts, axis) > most) {
      return ek_call_reject(call, "the mirror image would be larger than the tensor");
    }
  }
  return EK_OK;
}

/* `edge` is 1 where the edge is repeated. */
static int32_t mirror(int32_t position, int32_t size, int32_t edge) {
  if (position < 0) {
    return -position - edge;
  }
  return position < size ? position : 2 * size - 2 - position + edge;
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  ek_tensor_t amounts;
  uint8_t edge; /* the mode is 1 for symmetric */
  int32_t steps[EK_MAX_RANK];
  int32_t position[EK_MAX_RANK]; /* in the input, so that padding comes before 0 */
  EK_TRY(ek_call_moved(call, 0u, &input, &output));
  EK_TRY(ek_call_input(call, 1u, &amounts));
  EK_TRY(ek_call_option_u8(call, OPTION_MODE, MODE_REFLECT, &edge));
  ek_byte_steps(&input, steps);
  for (uint32_t axis = 0; axis < input.rank; ++axis) {
    position[axis] = -ek_pad_before(&amounts, axis);
  }
  const uint32_t bytes = ek_type_bytes(input.type);
  uint8_t *to = output.data;
  for (uint32_t i = 0; i < output.num_elements; ++i) {
    const uint8_t *from = input.data;
    for (uint32_t axis = 0; axis < input.rank; ++axis) {
      from += mirror(position[axis], input.dims[axis], edge) * steps[axis];
    }
    memcpy(to, from, bytes);
    to += bytes;
    for (uint32_t axis = input.rank; axis > 0u; --axis) {
      if (++position[axis - 1u] < input.dims[axis - 1u] + ek_pad_after(&amounts, axis - 1u)) {
        break;
      }
      position[axis - 1u] = -ek_pad_before(&amounts, axis - 1u);
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_mirror_pad_any = {.name = "MIRROR_PAD",
                                       .builtin = 100,
                                       .type = EK_ANY_TYPE,
                                       .is_view = false,
                                       .check = EK_AT_LOAD(check),
                                       .run = run};
