/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_resident_load.h"

#include "ek_resident_fields.h"
#include "ek_work.h"

/* From the generated resident.S: the file, and the start of the arena after a load, up to its persistent part. */
extern const uint8_t ek_resident_model[], ek_resident_tables[];

/* From the generated resident.h, in the order of the fields; folded into the code below. */
static const uint64_t values[] = {EK_RESIDENT_VALUES};

/* Another bound than the host's would have to be looked at again. */
_Static_assert(EK_RESIDENT_WORK <= EK_MAX_WORK, "one inference would take too long");

ek_status_t ek_resident_load(ek_runtime_t *runtime, uint8_t *arena, uint32_t arena_size) {
  const uint64_t *value = values;
  memset(runtime, 0, sizeof *runtime);
  runtime->model.file.bytes = ek_resident_model;
  runtime->arena = arena;
  runtime->arena_size = arena_size;
  ek_model_forget(&runtime->model);
#define SET(field)                                           \
  if (*value != 0u) {                                        \
    runtime->field = (__typeof__(runtime->field))(*value);   \
  }                                                          \
  ++value;
  EK_RESIDENT_FIELDS(SET)
#undef SET
  if (runtime->arena_used > arena_size) {
    return ek_fail(&runtime->fault, EK_NO_MEMORY, EK_NOWHERE, EK_NOWHERE, "the model needs a larger arena");
  }
  memcpy(arena, ek_resident_tables, runtime->persistent);
  return ek_runtime_reset(runtime);
}
