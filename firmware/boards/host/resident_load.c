/* SPDX-License-Identifier: Apache-2.0 */
/* What a firmware made for one model is generated from; see ek_resident.h. */
#include "ek_resident_fields.h"
#include "ek_runtime.h"
#include "host.h"

#ifndef EK_SOURCES
#define EK_SOURCES "unknown"
#endif

const char *ek_host_sources(void) { return EK_SOURCES; }

uint32_t ek_host_resident_fields(const void *runtime, uint64_t *values, uint32_t capacity) {
  const ek_runtime_t *self = runtime;
  uint32_t count = 0u;
#define TAKE(field)                          \
  if (count < capacity) {                    \
    values[count] = (uint64_t)self->field;   \
  }                                          \
  ++count;
  EK_RESIDENT_FIELDS(TAKE)
#undef TAKE
  return count;
}

const char *ek_host_resident_field(uint32_t index) {
#define NAME(field) #field,
  static const char *const names[] = {EK_RESIDENT_FIELDS(NAME)};
#undef NAME
  return index < sizeof names / sizeof names[0] ? names[index] : NULL;
}

/* A load decodes what its operators use. The rest can still be asked for by READ, or belong to subgraphs that nothing calls. */
static ek_status_t look_at_all(ek_runtime_t *runtime) {
  ek_tensor_t tensor;
  ek_operator_t operator_;
  for (uint32_t i = 0; i < runtime->model.tensors.length; ++i) {
    EK_TRY(ek_model_tensor(&runtime->model, i, &tensor, &runtime->fault));
  }
  for (uint32_t i = 0; i < runtime->model.operators.length; ++i) {
    EK_TRY(ek_model_operator(&runtime->model, i, &operator_, &runtime->fault));
  }
  return EK_OK;
}

int32_t ek_host_is_sound(void *runtime) {
  ek_runtime_t *self = runtime;
  ek_status_t status = EK_OK;
  /* Backwards, so that the main subgraph is the current one again at the end. */
  for (uint32_t i = self->model.subgraphs.length; i > 0u && status == EK_OK; --i) {
    status = ek_model_enter(&self->model, i - 1u, &self->fault);
    status = status == EK_OK ? look_at_all(self) : status;
  }
  return status == EK_OK ? 1 : 0;
}
