/* SPDX-License-Identifier: Apache-2.0 */
/* The model loader on any file, in a copy of exactly its size: a status and a place, never a byte outside file or arena. */
#include "ek_runtime.h"
#include "fuzz.h"

#define ARENA_BYTES (64u * 1024u)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static uint8_t *arena;
  if (arena == NULL) {
    arena = aligned_alloc(EK_ALIGNMENT, ARENA_BYTES);
  }
  uint8_t *model = exact_copy(data, size);
  ek_runtime_t runtime;
  const ek_status_t status = ek_runtime_load(&runtime, model, (uint32_t)size, arena, ARENA_BYTES);
  REQUIRE(status == EK_OK || (runtime.fault.status == status && runtime.fault.message[0] != '\0'));
  REQUIRE(status != EK_OK || runtime.arena_used <= ARENA_BYTES);
  /* Tools ask about operators one by one, whatever the others are. */
  for (uint32_t i = 0; i < 4u; ++i) {
    ek_runtime_t other;
    const ek_status_t checked = ek_runtime_check(&other, model, (uint32_t)size, i);
    REQUIRE(status != EK_OK || checked == EK_OK || i >= runtime.model.operators.length);
  }
  free(model);
  return 0;
}
