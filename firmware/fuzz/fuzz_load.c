/* SPDX-License-Identifier: Apache-2.0 */
/* The model loader on any file, in a copy of exactly its size: a status and a place, never a byte outside file or arena. */
#include <sanitizer/asan_interface.h>

#include "ek_runtime.h"
#include "fuzz.h"

#define ARENA_BYTES (64u * 1024u)

/* Whatever is missing of what the model needs, the load says so and touches nothing beyond what there is. */
static void load_into_less(const uint8_t *model, size_t size, uint8_t *arena, uint32_t needed) {
  const uint32_t missing = EK_ALIGNMENT * (1u + model[size / 2u]);
  const uint32_t sizes[2] = {needed - EK_ALIGNMENT, missing < needed ? needed - missing : 0u};
  for (uint32_t i = 0; i < 2u; ++i) {
    ek_runtime_t runtime;
    ASAN_POISON_MEMORY_REGION(arena + sizes[i], ARENA_BYTES - sizes[i]);
    const ek_status_t status = ek_runtime_load(&runtime, model, (uint32_t)size, arena, sizes[i]);
    ASAN_UNPOISON_MEMORY_REGION(arena, ARENA_BYTES);
    REQUIRE(status == EK_NO_MEMORY && (runtime.arena_used == 0u || runtime.arena_used == needed));
  }
}

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
  if (status == EK_OK && runtime.arena_used >= EK_ALIGNMENT) {
    load_into_less(model, size, arena, runtime.arena_used);
  }
  /* Tools ask about operators one by one, whatever the others are. */
  for (uint32_t i = 0; i < 4u; ++i) {
    ek_runtime_t other;
    const ek_status_t checked = ek_runtime_check(&other, model, (uint32_t)size, i);
    REQUIRE(status != EK_OK || checked == EK_OK || i >= runtime.model.operators.length);
  }
  free(model);
  return 0;
}
