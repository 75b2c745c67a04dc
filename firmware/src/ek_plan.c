/* SPDX-License-Identifier: Apache-2.0 */
/* Greedy by size: the largest block first, each at the lowest address where it meets no block of its time.
 * Source: Pisarchyk & Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020, section 5.2. */
#include "ek_plan.h"

#include "ek_kernel.h"

#define NONE 0xFFFFu

/* One block of memory: a tensor, or several that are views of one another. Lives in the arena while planning. */
typedef struct {
  uint32_t bytes;
  uint32_t offset;
  uint16_t first; /* operator that writes it; 0 for inputs */
  uint16_t last;  /* operator that reads it last; one past the end for outputs */
  uint16_t next;  /* the placed block with the next higher offset */
  uint16_t is_placed;
} block_t;

typedef struct {
  ek_runtime_t *runtime;
  uint32_t *places; /* while planning: the tensor's block */
  block_t *blocks;
  uint32_t num_blocks;
  uint32_t max_blocks;
} plan_t;

static uint32_t align(uint32_t bytes) { return (bytes + EK_ALIGNMENT - 1u) & ~(EK_ALIGNMENT - 1u); }

static ek_status_t add_block(plan_t *plan, const ek_tensor_t *tensor, uint32_t time, uint32_t operator_index) {
  ek_fault_t *fault = &plan->runtime->fault;
  if (tensor->is_constant || plan->places[tensor->index] != EK_NO_PLACE) {
    return ek_fail(fault, EK_BAD_MODEL, operator_index, tensor->index, "the tensor is written twice");
  }
  if (plan->num_blocks == plan->max_blocks) {
    return ek_fail(fault, EK_NO_MEMORY, EK_NOWHERE, EK_NOWHERE, "the arena is too small to plan in");
  }
  block_t *block = &plan->blocks[plan->num_blocks];
  block->bytes = align(tensor->num_bytes);
  block->first = (uint16_t)time;
  block->last = (uint16_t)time;
  block->is_placed = 0u;
  plan->places[tensor->index] = plan->num_blocks;
  ++plan->num_blocks;
  return EK_OK;
}

/* The tensor is needed until `time`. */
static ek_status_t extend(plan_t *plan, const ek_tensor_t *tensor, uint32_t time, uint32_t operator_index) {
  if (tensor->is_constant) {
    return EK_OK;
  }
  if (plan->places[tensor->index] == EK_NO_PLACE) {
    return ek_fail(&plan->runtime->fault, EK_BAD_MODEL, operator_index, tensor->index,
                   "the tensor is read before anything writes it");
  }
  plan->blocks[plan->places[tensor->index]].last = (uint16_t)time;
  return EK_OK;
}

static ek_status_t add_operator(plan_t *plan, uint32_t index, ek_find_kernel_t find_kernel) {
  ek_runtime_t *runtime = plan->runtime;
  ek_operator_t operator_;
  ek_tensor_t tensor;
  EK_TRY(ek_model_operator(&runtime->model, index, &operator_, &runtime->fault));
  const ek_kernel_t *kernel = find_kernel(runtime, &operator_);
  uint32_t shared = EK_NO_PLACE;
  for (uint32_t i = 0; i < operator_.inputs.length; ++i) {
    const int32_t input = ek_model_tensor_index(&runtime->model, operator_.inputs, i);
    if (input >= 0) {
      EK_TRY(ek_model_tensor(&runtime->model, (uint32_t)input, &tensor, &runtime->fault));
      EK_TRY(extend(plan, &tensor, index, index));
      if (i == 0u && kernel != NULL && kernel->is_view) {
        shared = plan->places[input];
      }
    }
  }
  for (uint32_t i = 0; i < operator_.outputs.length; ++i) {
    const uint32_t output = (uint32_t)ek_model_tensor_index(&runtime->model, operator_.outputs, i);
    EK_TRY(ek_model_tensor(&runtime->model, output, &tensor, &runtime->fault));
    if (shared != EK_NO_PLACE && plan->places[output] == EK_NO_PLACE && !tensor.is_constant) {
      plan->places[output] = shared;
    } else {
      EK_TRY(add_block(plan, &tensor, index, index));
    }
  }
  return EK_OK;
}

static ek_status_t find_lifetimes(plan_t *plan, ek_find_kernel_t find_kernel) {
  ek_runtime_t *runtime = plan->runtime;
  const ek_model_t *model = &runtime->model;
  ek_tensor_t tensor;
  for (uint32_t i = 0; i < model->inputs.length; ++i) {
    const uint32_t input = (uint32_t)ek_model_tensor_index(model, model->inputs, i);
    EK_TRY(ek_model_tensor(model, input, &tensor, &runtime->fault));
    EK_TRY(add_block(plan, &tensor, 0u, EK_NOWHERE));
  }
  for (uint32_t i = 0; i < model->operators.length; ++i) {
    EK_TRY(add_operator(plan, i, find_kernel));
  }
  for (uint32_t i = 0; i < model->outputs.length; ++i) {
    const uint32_t output = (uint32_t)ek_model_tensor_index(model, model->outputs, i);
    EK_TRY(ek_model_tensor(model, output, &tensor, &runtime->fault));
    EK_TRY(extend(plan, &tensor, model->operators.length, EK_NOWHERE));
  }
  return EK_OK;
}

/* Puts `block` at the lowest offset that is free during its life, and into the list ordered by offset. */
static void place(plan_t *plan, uint16_t index, uint16_t *head) {
  block_t *block = &plan->blocks[index];
  uint32_t offset = 0u;
  for (uint16_t i = *head; i != NONE; i = plan->blocks[i].next) {
    const block_t *other = &plan->blocks[i];
    const bool share_time = other->first <= block->last && block->first <= other->last;
    if (share_time && other->offset < offset + block->bytes) {
      const uint32_t end = other->offset + other->bytes;
      offset = end > offset ? end : offset;
    }
  }
  block->offset = offset;
  block->is_placed = 1u;
  uint16_t *link = head;
  while (*link != NONE && plan->blocks[*link].offset <= offset) {
    link = &plan->blocks[*link].next;
  }
  block->next = *link;
  *link = index;
}

static uint32_t place_all(plan_t *plan) {
  uint32_t end = 0u;
  uint16_t head = NONE;
  for (uint32_t round = 0; round < plan->num_blocks; ++round) {
    uint32_t largest = NONE;
    for (uint32_t i = 0; i < plan->num_blocks; ++i) {
      if (plan->blocks[i].is_placed == 0u && (largest == NONE || plan->blocks[i].bytes > plan->blocks[largest].bytes)) {
        largest = i;
      }
    }
    place(plan, (uint16_t)largest, &head);
    const uint32_t block_end = plan->blocks[largest].offset + plan->blocks[largest].bytes;
    end = block_end > end ? block_end : end;
  }
  return end;
}

ek_status_t ek_plan(ek_runtime_t *runtime, ek_find_kernel_t find_kernel) {
  const uint32_t num_tensors = runtime->model.tensors.length;
  const uint32_t table_bytes = align(num_tensors * (uint32_t)sizeof(uint32_t));
  if (table_bytes > runtime->arena_size) {
    return ek_fail(&runtime->fault, EK_NO_MEMORY, EK_NOWHERE, EK_NOWHERE, "the arena is too small to plan in");
  }
  plan_t plan;
  plan.runtime = runtime;
  plan.places = (uint32_t *)(void *)runtime->arena;
  plan.blocks = (block_t *)(void *)(runtime->arena + table_bytes);
  plan.num_blocks = 0u;
  plan.max_blocks = (runtime->arena_size - table_bytes) / (uint32_t)sizeof(block_t);
  for (uint32_t i = 0; i < num_tensors; ++i) {
    plan.places[i] = EK_NO_PLACE;
  }
  EK_TRY(find_lifetimes(&plan, find_kernel));
  /* Sums of blocks must not wrap: at most 4096 of them, but each up to half a gigabyte. */
  uint64_t total = 0u;
  for (uint32_t i = 0; i < plan.num_blocks; ++i) {
    total += plan.blocks[i].bytes;
  }
  if (total > EK_FB_MAX_SIZE) {
    return ek_fail(&runtime->fault, EK_NO_MEMORY, EK_NOWHERE, EK_NOWHERE, "the tensors take more than 1 GiB");
  }
  const uint32_t tensor_bytes = place_all(&plan);
  for (uint32_t i = 0; i < num_tensors; ++i) {
    if (plan.places[i] != EK_NO_PLACE) {
      plan.places[i] = table_bytes + plan.blocks[plan.places[i]].offset;
    }
  }
  const uint32_t planning_bytes = plan.num_blocks * (uint32_t)sizeof(block_t);
  runtime->arena_used = table_bytes + (tensor_bytes > planning_bytes ? tensor_bytes : planning_bytes);
  if (runtime->arena_used > runtime->arena_size) {
    return ek_fail(&runtime->fault, EK_NO_MEMORY, EK_NOWHERE, EK_NOWHERE, "the model needs a larger arena");
  }
  return EK_OK;
}
