/* SPDX-License-Identifier: Apache-2.0 */
/* What a load leaves in ek_runtime_t beside zeros and addresses: the host takes these fields from a loaded runtime, the
 * firmware made for that model sets them. The rest of what a load leaves is in the arena, up to its persistent part. */
#ifndef EK_RESIDENT_FIELDS_H
#define EK_RESIDENT_FIELDS_H

#define EK_RESIDENT_FIELDS(FIELD)      \
  FIELD(model.file.size)               \
  FIELD(model.operator_codes.position) \
  FIELD(model.operator_codes.length)   \
  FIELD(model.buffers.position)        \
  FIELD(model.buffers.length)          \
  FIELD(model.subgraphs.position)      \
  FIELD(model.subgraphs.length)        \
  FIELD(model.tensors.position)        \
  FIELD(model.tensors.length)          \
  FIELD(model.operators.position)      \
  FIELD(model.operators.length)        \
  FIELD(model.inputs.position)         \
  FIELD(model.inputs.length)           \
  FIELD(model.outputs.position)        \
  FIELD(model.outputs.length)          \
  FIELD(model.first_buffer_is_empty)   \
  FIELD(arena_used)                    \
  FIELD(work)                          \
  FIELD(tables)                        \
  FIELD(main_base)                     \
  FIELD(persistent)                    \
  FIELD(persistent_bytes)              \
  FIELD(directory)                     \
  FIELD(num_variables)                 \
  FIELD(num_scratch)

#endif
