/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_plan.h"

#include "ek_planning.h"

/* What the runtime keeps of one operator's working memory. */
typedef struct {
  uint32_t operator_index;
  uint32_t place;
} scratch_t;

static uint32_t *places_of(const ek_runtime_t *runtime) {
  return (uint32_t *)(void *)(runtime->arena + runtime->tables);
}

ek_status_t ek_too_small_to_plan(ek_runtime_t *runtime) {
  return ek_fail(&runtime->fault, EK_NO_MEMORY, EK_NOWHERE, EK_NOWHERE, "the arena is too small to plan in");
}

ek_plan_entry_t *ek_plan_entry(const ek_runtime_t *runtime, uint32_t subgraph) {
  return (ek_plan_entry_t *)(void *)(runtime->arena + runtime->directory) + subgraph;
}

ek_status_t ek_plan_persistent(ek_runtime_t *runtime, uint32_t bytes, uint32_t *place) {
  if (bytes > EK_FB_MAX_SIZE - EK_ALIGNMENT - runtime->persistent_bytes) {
    return ek_fail(&runtime->fault, EK_NO_MEMORY, EK_NOWHERE, EK_NOWHERE, "the variables take more than 1 GiB");
  }
  *place = runtime->persistent_bytes;
  runtime->persistent_bytes += ek_align(bytes);
  return EK_OK;
}

ek_status_t ek_plan_look(ek_runtime_t *runtime, uint32_t index, ek_tensor_t *room, const ek_tensor_t **tensor) {
  *tensor = ek_plan_kept(runtime, index);
  if (*tensor != NULL) {
    return EK_OK;
  }
  ek_tensor_t *slot = runtime->known == NULL ? room : &runtime->known[index & runtime->known_mask];
  *tensor = slot;
  return ek_model_tensor(&runtime->model, index, slot, &runtime->fault);
}

/* Turns numbers of blocks into offsets, and leaves the scratch table behind the places. It lies where the blocks begin;
 * an entry is smaller than a block, so it never covers one that is still to be read. */
static EK_OWN_FRAME void settle_places(ek_planning_t *plan) {
  ek_runtime_t *runtime = plan->runtime;
  const ek_block_t *blocks = plan->blocks;
  const uint32_t num_blocks = plan->num_blocks;
  uint32_t *place = plan->places;
  for (const uint32_t *end = place + runtime->model.tensors.length; place < end; ++place) {
    const uint32_t entry = *place;
    if (entry < num_blocks) {
      *place = blocks[entry].offset;
    } else if (entry >= EK_SIZED) {
      *place = EK_NO_PLACE;
    }
  }
  runtime->num_scratch = 0u;
  for (uint32_t i = 0; i < plan->num_blocks; ++i) {
    if (plan->blocks[i].is_scratch) {
      const scratch_t entry = {plan->blocks[i].first, plan->blocks[i].offset};
      memcpy((uint8_t *)plan->blocks + runtime->num_scratch * sizeof entry, &entry, sizeof entry);
      ++runtime->num_scratch;
    }
  }
}

/* Gives the blocks their places. */
static EK_OWN_FRAME ek_status_t place(ek_planning_t *plan, uint32_t *bytes, uint32_t *end) {
  ek_runtime_t *runtime = plan->runtime;
  const uint32_t start = (uint32_t)((uint8_t *)plan->blocks - runtime->arena);
  /* Sums of offsets must not wrap: many blocks, each up to half a gigabyte and shifted by as much. */
  uint64_t total = plan->bytes;
  for (uint32_t i = 0; plan->has_overlaps && i < plan->num_blocks; ++i) {
    total += (uint64_t)plan->blocks[i].lag[0] + plan->blocks[i].lag[1];
  }
  if (total > EK_FB_MAX_SIZE) {
    return ek_fail(&runtime->fault, EK_NO_MEMORY, EK_NOWHERE, EK_NOWHERE, "the tensors take more than 1 GiB");
  }
  const uint32_t planning_end = start + plan->num_blocks * (uint32_t)sizeof(ek_block_t);
  *bytes = ek_place(plan->blocks, plan->num_blocks);
  settle_places(plan);
  *end = start + runtime->num_scratch * (uint32_t)sizeof(scratch_t);
  runtime->arena_used = planning_end > runtime->arena_used ? planning_end : runtime->arena_used;
  return EK_OK;
}

/* Takes the end of the spare arena for decoded tensors: for all of them, decoded at once, or for as many as fit half of
 * it, each decoded when it is met. */
static void keep_tensors(ek_runtime_t *runtime, uint32_t start) {
  const uint32_t room = (runtime->arena_size - start) / 2u;
  uint32_t slots = 1u;
  while (slots < runtime->model.tensors.length) {
    slots *= 2u;
  }
  while (slots * (uint32_t)sizeof(ek_tensor_t) > room) {
    slots /= 2u;
  }
  runtime->known = NULL;
  if (slots > 0u) {
    const uint32_t end = runtime->arena_size & ~(EK_ALIGNMENT - 1u);
    runtime->known = (ek_tensor_t *)(void *)(runtime->arena + end) - slots;
    runtime->known_mask = slots - 1u;
    if (slots >= runtime->model.tensors.length) {
      for (uint32_t i = 0; i < runtime->model.tensors.length; ++i) {
        /* A broken one, which may be of no operator, is a fault when an operator asks for it. */
        (void)!ek_model_tensor(&runtime->model, i, &runtime->known[i], NULL);
      }
    } else {
      for (uint32_t i = 0; i < slots; ++i) {
        runtime->known[i].index = EK_NOWHERE;
      }
    }
  }
}

static EK_OWN_FRAME ek_status_t begin(ek_planning_t *plan) {
  ek_runtime_t *runtime = plan->runtime;
  const uint32_t places_bytes = runtime->model.tensors.length * (uint32_t)sizeof(uint32_t);
  const uint32_t start = runtime->tables + places_bytes;
  if (start > runtime->arena_size) {
    return ek_too_small_to_plan(runtime);
  }
  plan->places = places_of(runtime);
  plan->blocks = (ek_block_t *)(void *)(runtime->arena + start);
  plan->num_blocks = 0u;
  plan->bytes = 0u;
  plan->has_overlaps = false;
  memset(plan->places, 0xFF, places_bytes); /* EK_UNSEEN */
  keep_tensors(runtime, start);
  plan->max_blocks = ek_room_for_blocks(plan);
  return EK_OK;
}

ek_status_t ek_plan(ek_runtime_t *runtime, uint32_t *bytes, uint32_t *end) {
  ek_planning_t plan;
  plan.runtime = runtime;
  EK_TRY(begin(&plan));
  runtime->is_planning = true;
  const ek_status_t status = ek_find_lifetimes(&plan);
  runtime->is_planning = false;
  runtime->known = NULL;
  ek_forget_operands(runtime);
  EK_TRY(status);
  if (plan.has_overlaps) {
    ek_settle_overlaps(&plan);
  }
  return place(&plan, bytes, end);
}

uint32_t ek_plan_scratch(const ek_runtime_t *runtime, uint32_t operator_index) {
  const uint8_t *entry = runtime->arena + runtime->tables + runtime->model.tensors.length * sizeof(uint32_t);
  for (uint32_t i = 0; i < runtime->num_scratch; ++i, entry += sizeof(scratch_t)) {
    if (ek_load_u32(entry) == operator_index) {
      return runtime->base + ek_load_u32(entry + sizeof(uint32_t));
    }
  }
  return 0u;
}
