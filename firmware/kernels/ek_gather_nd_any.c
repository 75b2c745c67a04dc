/* SPDX-License-Identifier: Apache-2.0 */
/* GATHER_ND, any type: each row of the indices names the leading coordinates of one slice of the input.
 *   input   (d0 … dr−1)
 *   indices (picks…, n) with n ≤ r
 *   output  (picks…, dn … dr−1)
 * Indices that the model computes are checked before they are followed. */
#include "ek_shape.h"

typedef struct {
  ek_tensor_t input, indices, output;
  uint32_t num_coordinates;
} gather_nd_t;

static ek_status_t decode(ek_call_t *call, gather_nd_t *gather) {
  EK_TRY(ek_call_moved(call, 0u, &gather->input, &gather->output));
  EK_TRY(ek_call_integers(call, 1u, &gather->indices));
  const uint32_t rank = gather->indices.rank;
  gather->num_coordinates = rank == 0u ? 0u : (uint32_t)gather->indices.dims[rank - 1u];
  return rank > 0u && gather->num_coordinates <= gather->input.rank
             ? EK_OK
             : ek_call_reject(call, "an index has more coordinates than the tensor has axes");
}

static ek_status_t check(ek_call_t *call) {
  gather_nd_t gather;
  int32_t dims[2u * EK_MAX_RANK];
  EK_TRY(decode(call, &gather));
  uint32_t rank = 0u;
  for (uint32_t i = 0; i + 1u < gather.indices.rank; ++i) {
    dims[rank++] = gather.indices.dims[i];
  }
  for (uint32_t i = gather.num_coordinates; i < gather.input.rank; ++i) {
    dims[rank++] = gather.input.dims[i];
  }
  return ek_call_require_shape(call, &gather.output, rank, dims);
}

static ek_status_t run(ek_call_t *call) {
  gather_nd_t gather;
  int32_t steps[EK_MAX_RANK];
  EK_TRY(decode(call, &gather));
  ek_byte_steps(&gather.input, steps);
  const uint32_t n = gather.num_coordinates;
  const uint32_t slice_bytes = ek_extent(&gather.input, n, gather.input.rank) * ek_type_bytes(gather.input.type);
  const uint32_t num_picks = gather.indices.num_elements / n;
  uint8_t *to = gather.output.data;
  for (uint32_t pick = 0; pick < num_picks; ++pick) {
    const uint8_t *from = gather.input.data;
    for (uint32_t i = 0; i < n; ++i) {
      const int64_t index = ek_integer(&gather.indices, pick * n + i);
      if (index < 0 || index >= gather.input.dims[i]) {
        return ek_call_stop(call, "an index that the tensor does not have");
      }
      from += (int32_t)index * steps[i];
    }
    memcpy(to, from, slice_bytes);
    to += slice_bytes;
  }
  return EK_OK;
}

const ek_kernel_t ek_gather_nd_any = {
    .name = "GATHER_ND", .builtin = 107, .type = EK_ANY_TYPE, .is_view = false, .check = EK_AT_LOAD(check), .run = run};
