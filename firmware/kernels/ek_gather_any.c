/* SPDX-License-Identifier: Apache-2.0 */
/* GATHER, any type: slices of the input along an axis, picked by indices.
 *   input   (batch…, outer…, axis, inner…)
 *   indices (batch…, picks…)
 *   output  (batch…, outer…, picks…, inner…)
 * Indices that the model computes are checked before they are followed. */
#include "ek_shape.h"

enum { OPTION_AXIS = 0, OPTION_BATCH_DIMS = 1 };

typedef struct {
  ek_tensor_t input, indices, output;
  uint32_t axis, batch_dims;
} gather_t;

static ek_status_t decode(ek_call_t *call, gather_t *gather) {
  int32_t axis;
  int32_t batch_dims;
  EK_TRY(ek_call_moved(call, 0u, &gather->input, &gather->output));
  EK_TRY(ek_call_integers(call, 1u, &gather->indices));
  EK_TRY(ek_call_option_i32(call, OPTION_AXIS, 0, &axis));
  EK_TRY(ek_call_option_i32(call, OPTION_BATCH_DIMS, 0, &batch_dims));
  EK_TRY(ek_call_axis(call, axis, gather->input.rank, &gather->axis));
  /* As many batch axes as the indices have is one more than an axis may be. */
  const int32_t batches = batch_dims < 0 ? batch_dims + (int32_t)gather->indices.rank : batch_dims;
  if (batches < 0 || batches > (int32_t)gather->indices.rank || batches > (int32_t)gather->axis) {
    return ek_call_reject(call, "more batch axes than the operands have");
  }
  gather->batch_dims = (uint32_t)batches;
  return EK_OK;
}

static ek_status_t check(ek_call_t *call) {
  gather_t gather;
  int32_t dims[2u * EK_MAX_RANK];
  EK_TRY(decode(call, &gather));
  uint32_t rank = 0u;
  for (uint32_t i = 0; i < gather.axis; ++i) {
    dims[rank++] = gather.input.dims[i];
    if (i < gather.batch_dims && gather.input.dims[i] != gather.indices.dims[i]) {
      return ek_call_reject(call, "the batch axes differ");
    }
  }
  for (uint32_t i = gather.batch_dims; i < gather.indices.rank; ++i) {
    dims[rank++] = gather.indices.dims[i];
  }
  for (uint32_t i = gather.axis + 1u; i < gather.input.rank; ++i) {
    dims[rank++] = gather.input.dims[i];
  }
  return ek_call_require_shape(call, &gather.output, rank, dims);
}

static ek_status_t run(ek_call_t *call) {
  gather_t gather;
  EK_TRY(decode(call, &gather));
  const uint32_t num_batches = ek_extent(&gather.input, 0u, gather.batch_dims);
  const uint32_t num_outer = ek_extent(&gather.input, gather.batch_dims, gather.axis);
  const uint32_t num_picks = ek_extent(&gather.indices, gather.batch_dims, gather.indices.rank);
  const int32_t size = gather.input.dims[gather.axis];
  const uint32_t slice_bytes =
      ek_extent(&gather.input, gather.axis + 1u, gather.input.rank) * ek_type_bytes(gather.input.type);
  const uint8_t *from = gather.input.data;
  uint8_t *to = gather.output.data;
  for (uint32_t batch = 0; batch < num_batches; ++batch) {
    for (uint32_t outer = 0; outer < num_outer; ++outer) {
      for (uint32_t pick = 0; pick < num_picks; ++pick) {
        const int64_t index = ek_integer(&gather.indices, batch * num_picks + pick);
        if (index < 0 || index >= size) {
          return ek_call_stop(call, "an index that the tensor does not have");
        }
        memcpy(to, from + (uint32_t)index * slice_bytes, slice_bytes);
        to += slice_bytes;
      }
      from += (uint32_t)size * slice_bytes;
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_gather_any = {
    .name = "GATHER", .builtin = 36, .type = EK_ANY_TYPE, .is_view = false, .check = EK_AT_LOAD(check), .run = run};
