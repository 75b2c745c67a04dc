/* SPDX-License-Identifier: Apache-2.0 */
/* Planner and inference: a file that loads also runs, within its arena and to the same result whatever the arena held.
 *
 * The arena is exactly as large as the load said, between fences that the address sanitizer guards, so that a tensor
 * that reaches beyond the arena is an error. The model runs twice, in arenas filled with different bytes: a kernel
 * that reads what nobody wrote gives two answers. A third run has a plan in which no output lies over an input: a
 * kernel that overwrites what it has yet to read gives another answer there. Inputs are bytes of the file itself.
 *
 * Models with state run three times in each arena, the third time after a reset, which must give what the first gave.
 * At the end the operators run one by one from the last to the first, as a host may ask for: what they read is whatever
 * lies there, handles and conditions too, so only the sanitizers say what is wrong. */
#define _GNU_SOURCE /* mprotect */
#include <sanitizer/asan_interface.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ek_kernel.h"
#include "fuzz.h"

#define ROOMY_BYTES (128u * 1024u)
#define FENCE_BYTES 4096u

static void fill_inputs(ek_runtime_t *runtime, const uint8_t *data, size_t size) {
  size_t at = size / 2u;
  for (uint32_t i = 0; i < runtime->model.inputs.length; ++i) {
    ek_tensor_t tensor;
    REQUIRE(ek_runtime_input(runtime, i, &tensor) == EK_OK && tensor.data != NULL);
    for (uint32_t k = 0; k < tensor.num_bytes; ++k) {
      tensor.data[k] = (uint8_t)(data[at] ^ k);
      at = at + 1u < size ? at + 1u : 0u;
    }
  }
}

/* Appends all outputs to the `length` bytes of `copy`; returns how many that makes. */
static size_t copy_outputs(ek_runtime_t *runtime, uint8_t **copy, size_t length) {
  for (uint32_t i = 0; i < runtime->model.outputs.length; ++i) {
    ek_tensor_t tensor;
    REQUIRE(ek_runtime_output(runtime, i, &tensor) == EK_OK && tensor.data != NULL);
    *copy = realloc(*copy, length + tensor.num_bytes + 1u); /* of no bytes at all it would make NULL */
    REQUIRE(*copy != NULL);
    memcpy(*copy + length, tensor.data, tensor.num_bytes);
    length += tensor.num_bytes;
  }
  return length;
}

/* Lets the planner use the kernels' `overlap`, or hides it. The kernels are constants, whose pages are made writable. */
static void allow_overlaps(bool is_allowed) {
  static ek_status_t (**original)(ek_call_t *call, uint32_t input, uint32_t *lag);
  if (original == NULL) {
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    original = calloc(ek_num_kernels, sizeof *original);
    REQUIRE(original != NULL);
    for (uint32_t i = 0; i < ek_num_kernels; ++i) {
      const uintptr_t start = (uintptr_t)ek_kernels[i] & ~(page - 1u);
      const uintptr_t end = (uintptr_t)(ek_kernels[i] + 1);
      REQUIRE(mprotect((void *)start, end - start, PROT_READ | PROT_WRITE) == 0);
      original[i] = ek_kernels[i]->overlap;
    }
  }
  for (uint32_t i = 0; i < ek_num_kernels; ++i) {
    ((ek_kernel_t *)(uintptr_t)ek_kernels[i])->overlap = is_allowed ? original[i] : NULL;
  }
}

static ek_status_t infer(ek_runtime_t *runtime, const uint8_t *model, size_t size, uint8_t **outputs, size_t *length) {
  fill_inputs(runtime, model, size);
  const ek_status_t status = ek_runtime_run(runtime, 0u, EK_ALL_OPERATORS);
  /* What the file alone can tell was told by the load; data may still be out of range, and loops too long. */
  REQUIRE(status == EK_OK || status == EK_RUNTIME_FAILED);
  REQUIRE(status == EK_OK || (runtime->fault.status == status && runtime->fault.message[0] != '\0'));
  if (status == EK_OK) {
    *length = copy_outputs(runtime, outputs, *length);
  }
  return status;
}

static void infer_with_state(ek_runtime_t *runtime, const uint8_t *model, size_t size, ek_status_t first,
                             uint8_t **outputs, size_t *length) {
  const size_t once = *length;
  const ek_status_t second = infer(runtime, model, size, outputs, length);
  const size_t twice = *length;
  REQUIRE(ek_runtime_reset(runtime) == EK_OK);
  REQUIRE(infer(runtime, model, size, outputs, length) == first);
  REQUIRE(*length == twice + once && twice == (second == EK_OK ? 2u : 1u) * once);
  REQUIRE(once == 0u || memcmp(*outputs, *outputs + twice, once) == 0);
}

static ek_status_t run(const uint8_t *model, size_t size, uint32_t arena_bytes, uint8_t fill, uint8_t **outputs,
                       size_t *length) {
  ek_runtime_t runtime;
  void *allocated;
  REQUIRE(posix_memalign(&allocated, EK_ALIGNMENT, arena_bytes + 2u * FENCE_BYTES) == 0);
  uint8_t *memory = allocated;
  uint8_t *arena = memory + FENCE_BYTES;
  memset(memory, fill, arena_bytes + 2u * FENCE_BYTES);
  ASAN_POISON_MEMORY_REGION(memory, FENCE_BYTES);
  ASAN_POISON_MEMORY_REGION(arena + arena_bytes, FENCE_BYTES);
  REQUIRE(ek_runtime_load(&runtime, model, (uint32_t)size, arena, arena_bytes) == EK_OK);
  REQUIRE(runtime.arena_used == arena_bytes);
  *outputs = NULL;
  *length = 0u;
  const ek_status_t status = infer(&runtime, model, size, outputs, length);
  if (runtime.persistent_bytes > 0u) {
    infer_with_state(&runtime, model, size, status, outputs, length);
  }
  for (uint32_t i = runtime.model.operators.length; i-- > 0u;) {
    (void)!ek_runtime_run(&runtime, i, 1u);
  }
  ASAN_UNPOISON_MEMORY_REGION(memory, arena_bytes + 2u * FENCE_BYTES);
  free(memory);
  return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static uint8_t *roomy;
  if (roomy == NULL) {
    roomy = aligned_alloc(EK_ALIGNMENT, ROOMY_BYTES);
  }
  ek_runtime_t runtime;
  uint8_t *model = exact_copy(data, size);
  if (ek_runtime_load(&runtime, model, (uint32_t)size, roomy, ROOMY_BYTES) == EK_OK) {
    uint8_t *outputs[2];
    size_t lengths[2];
    const uint32_t needed = runtime.arena_used;
    const ek_status_t first = run(model, size, needed, 0x00u, &outputs[0], &lengths[0]);
    const ek_status_t second = run(model, size, needed, 0xA5u, &outputs[1], &lengths[1]);
    REQUIRE(first == second && lengths[0] == lengths[1]);
    REQUIRE(lengths[0] == 0u || memcmp(outputs[0], outputs[1], lengths[0]) == 0);
    free(outputs[1]);
    outputs[1] = NULL;
    allow_overlaps(false);
    const ek_status_t loaded = ek_runtime_load(&runtime, model, (uint32_t)size, roomy, ROOMY_BYTES);
    REQUIRE(loaded == EK_OK || loaded == EK_NO_MEMORY);
    if (loaded == EK_OK) {
      REQUIRE(runtime.arena_used >= needed);
      const ek_status_t third = run(model, size, runtime.arena_used, 0x5Au, &outputs[1], &lengths[1]);
      REQUIRE(first == third && lengths[0] == lengths[1]);
      REQUIRE(lengths[0] == 0u || memcmp(outputs[0], outputs[1], lengths[0]) == 0);
    }
    allow_overlaps(true);
    /* The file is only read. */
    REQUIRE(memcmp(model, data, size) == 0);
    free(outputs[0]);
    free(outputs[1]);
  }
  free(model);
  return 0;
}
