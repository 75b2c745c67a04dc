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
