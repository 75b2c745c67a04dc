/* SPDX-License-Identifier: Apache-2.0 */
/* EMBEDDING_LOOKUP, any type: rows of the second input, picked by the int32 indices of the first one, which are checked
 * before they are followed. Rows of int8 with zero point 0 may become float32 on the way: s · row. */
#include "ek_access.h"
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
  const bool is_hybrid = lookup.table.type == EK_INT8 && lookup.output.type == EK_FLOAT32;
  if (is_hybrid) {
    EK_TRY(ek_call_require_per_tensor(call, &lookup.table, EK_INT8));
  }
  if (is_hybrid ? lookup.table.zero_point != 0 : lookup.table.type != lookup.output.type) {
    return ek_call_refuse(call, "rows that become another type in a way other than int8 with zero point 0 to float32");
  }
  memcpy(dims, lookup.table.dims, sizeof dims);
  dims[0] = lookup.indices.dims[0];
  return ek_call_require_shape(call, &lookup.output, lookup.table.rank, dims);
}

static void copy_row(const lookup_t *lookup, uint32_t from, uint32_t to) {
  const uint32_t count = lookup->output.num_elements / lookup->indices.num_elements;
  const uint32_t from_bytes = count * ek_type_bytes(lookup->table.type);
  const uint8_t *row = lookup->table.data + from * from_bytes;
  uint8_t *out = lookup->output.data + to * count * ek_type_bytes(lookup->output.type);
  if (lookup->table.type == lookup->output.type) {
    memcpy(out, row, from_bytes);
    return;
  }
  float scale;
  memcpy(&scale, &lookup->table.scale, sizeof scale);
  for (uint32_t i = 0; i < count; ++i) {
    ek_store_f32(out + sizeof scale * i, scale * (float)((const int8_t *)row)[i]);
  }
}

static ek_status_t run(ek_call_t *call) {
  lookup_t lookup;
  EK_TRY(decode(call, &lookup));
  for (uint32_t i = 0; i < lookup.indices.num_elements; ++i) {
    const int64_t index = ek_integer(&lookup.indices, i);
    if (index < 0 || index >= lookup.table.dims[0]) {
      return ek_call_stop(call, "an index that the table does not have");
    }
    copy_row(&lookup, (uint32_t)index, i);
  }
  return EK_OK;
}

const ek_kernel_t ek_embedding_lookup_any = {.name = "EMBEDDING_LOOKUP",
                                             .builtin = 7,
                                             .type = EK_ANY_TYPE,
                                             .is_view = false,
                                             .check = EK_AT_LOAD(check),
                                             .run = run};
