/* SPDX-License-Identifier: Apache-2.0 */
/* EMBEDDING_LOOKUP, any type: rows of the second input, picked by the int32 indices of the first one, which are checked
 * before they are followed. */
#include "ek_shape.h"

typedef struct {
  ek_tensor_t indices, table, output;
} lookup_t;

static ek_status_t decode(ek_call_t *call, lookup_t *lookup) {
  EK_TRY(ek_call_input(call, 0u, &lookup->indices));
  EK_TRY(ek_call_input(call, 1u, &lookup->table));
  EK_TRY(ek_call_output(call, 0u, &lookup->output));
  return EK_OK;
}

static ek_status_t check(ek_call_t *call) {
  lookup_t lookup;
  int32_t dims[EK_MAX_RANK];
  EK_TRY(decode(call, &lookup));
  if (lookup.indices.type != EK_INT32 || lookup.indices.rank != 1u || lookup.table.rank < 2u) {
    return ek_call_reject(call, "the indices are not a list of int32, or the table has no rows");
  }
  if (lookup.table.type != lookup.output.type) {
    return ek_call_refuse(call, "rows that are dequantized on the way");
  }
  memcpy(dims, lookup.table.dims, sizeof dims);
  dims[0] = lookup.indices.dims[0];
  return ek_call_require_shape(call, &lookup.output, lookup.table.rank, dims);
}

static ek_status_t run(ek_call_t *call) {
  lookup_t lookup;
  EK_TRY(decode(call, &lookup));
  const uint32_t row_bytes = lookup.output.num_bytes / lookup.indices.num_elements;
  for (uint32_t i = 0; i < lookup.indices.num_elements; ++i) {
    const int64_t index = ek_integer(&lookup.indices, i);
    if (index < 0 || index >= lookup.table.dims[0]) {
      return ek_call_stop(call, "an index that the table does not have");
    }
    memcpy(lookup.output.data + i * row_bytes, lookup.table.data + (uint32_t)index * row_bytes, row_bytes);
  }
  return EK_OK;
}

const ek_kernel_t ek_embedding_lookup_any = {.name = "EMBEDDING_LOOKUP",
                                             .builtin = 7,
                                             .type = EK_ANY_TYPE,
                                             .is_view = false,
                                             .check = EK_AT_LOAD(check),
                                             .run = run};
