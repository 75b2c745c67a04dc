/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_plan.h"

#include "ek_place.h"

/* What the runtime keeps of one operator's working memory. */
typedef struct {
  uint32_t operator_index;
  uint32_t place;
} scratch_t;

/* While planning, `places` and `scratch[].place` hold numbers of blocks; at the end they become offsets. */
typedef struct {
  ek_runtime_t *runtime;
  ek_find_kernel_t find_kernel;
  uint32_t *places;
  scratch_t *scratch;
  ek_block_t *blocks;
  uint32_t num_scratch;
  uint32_t num_blocks;
  uint32_t max_blocks;
} plan_t;

static uint32_t align(uint32_t bytes) { return (bytes + EK_ALIGNMENT - 1u) & ~(EK_ALIGNMENT - 1u); }

static ek_status_t too_small(plan_t *plan) {
  return ek_fail(&plan->runtime->fault, EK_NO_MEMORY, EK_NOWHERE, EK_NOWHERE, "the arena is too small to plan in");
}

static ek_status_t add_block(plan_t *plan, uint32_t bytes, uint32_t time) {
  if (plan->num_blocks == EK_MAX_BLOCKS) {
    return ek_fail(&plan->runtime->fault, EK_UNSUPPORTED, EK_NOWHERE, EK_NOWHERE, "more than 1024 computed tensors");
  }
  if (plan->num_blocks == plan->max_blocks) {
    return too_small(plan);
  }
  ek_block_t *block = &plan->blocks[plan->num_blocks];
  memset(block, 0, sizeof *block);
  block->bytes = align(bytes);
  block->first = (uint16_t)time;
  block->last = (uint16_t)time;
  for (uint32_t i = 0; i < EK_MAX_OVERLAPS; ++i) {
    block->over[i] = EK_NO_BLOCK;
  }
  ++plan->num_blocks;
  return EK_OK;
}

static ek_status_t write_tensor(plan_t *plan, const ek_tensor_t *tensor, uint32_t time, uint32_t operator_index) {
  if (tensor->is_constant || plan->places[tensor->index] != EK_NO_PLACE) {
    return ek_fail(&plan->runtime->fault, EK_BAD_MODEL, operator_index, tensor->index, "the tensor is written twice");
  }
  EK_TRY(add_block(plan, tensor->num_bytes, time));
  plan->places[tensor->index] = plan->num_blocks - 1u;
  return EK_OK;
}

/* The tensor is needed until `time`. */
static ek_status_t read_tensor(plan_t *plan, const ek_tensor_t *tensor, uint32_t time, uint32_t operator_index) {
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

static EK_OWN_FRAME ek_status_t add_operator(plan_t *plan, uint32_t index) {
  ek_runtime_t *runtime = plan->runtime;
  ek_call_t call = {.runtime = runtime};
  ek_tensor_t tensor;
  EK_TRY(ek_model_operator(&runtime->model, index, &call.operator_, &runtime->fault));
  const ek_kernel_t *kernel = plan->find_kernel(runtime, &call.operator_);
  uint32_t shared = EK_NO_PLACE;
  for (uint32_t i = 0; i < call.operator_.inputs.length; ++i) {
    const int32_t input = ek_model_tensor_index(&runtime->model, call.operator_.inputs, i);
    if (input >= 0) {
      EK_TRY(ek_model_tensor(&runtime->model, (uint32_t)input, &tensor, &runtime->fault));
      EK_TRY(read_tensor(plan, &tensor, index, index));
      if (i == 0u && kernel != NULL && kernel->is_view) {
        shared = plan->places[input];
      }
    }
  }
  for (uint32_t i = 0; i < call.operator_.outputs.length; ++i) {
    const uint32_t output = (uint32_t)ek_model_tensor_index(&runtime->model, call.operator_.outputs, i);
    EK_TRY(ek_model_tensor(&runtime->model, output, &tensor, &runtime->fault));
    if (shared != EK_NO_PLACE && plan->places[output] == EK_NO_PLACE && !tensor.is_constant) {
      plan->places[output] = shared;
    } else {
      EK_TRY(write_tensor(plan, &tensor, index, index));
    }
  }
  return EK_OK;
}

static EK_OWN_FRAME ek_status_t add_scratch(plan_t *plan, uint32_t index) {
  ek_runtime_t *runtime = plan->runtime;
  ek_call_t call = {.runtime = runtime};
  EK_TRY(ek_model_operator(&runtime->model, index, &call.operator_, &runtime->fault));
  const ek_kernel_t *kernel = plan->find_kernel(runtime, &call.operator_);
  uint32_t bytes = 0u;
  if (kernel != NULL && kernel->scratch != NULL) {
    EK_TRY(kernel->scratch(&call, &bytes));
  }
  if (bytes > EK_MAX_TENSOR_BYTES) {
    return ek_fail(&runtime->fault, EK_NO_MEMORY, index, EK_NOWHERE, "the operator needs too much working memory");
  }
  if (bytes > 0u) {
    EK_TRY(add_block(plan, bytes, index));
    plan->blocks[plan->num_blocks - 1u].is_scratch = true;
    plan->scratch[plan->num_scratch].operator_index = index;
    plan->scratch[plan->num_scratch].place = plan->num_blocks - 1u;
    ++plan->num_scratch;
  }
  return EK_OK;
}

/* The graph's inputs are written before the first operator, its outputs read after the last. */
static EK_OWN_FRAME ek_status_t add_ends(plan_t *plan, ek_vector_t list, bool are_inputs) {
  ek_runtime_t *runtime = plan->runtime;
  ek_tensor_t tensor;
  for (uint32_t i = 0; i < list.length; ++i) {
    const uint32_t index = (uint32_t)ek_model_tensor_index(&runtime->model, list, i);
    EK_TRY(ek_model_tensor(&runtime->model, index, &tensor, &runtime->fault));
    if (are_inputs) {
      EK_TRY(write_tensor(plan, &tensor, 0u, EK_NOWHERE));
    } else {
      EK_TRY(read_tensor(plan, &tensor, runtime->model.operators.length, EK_NOWHERE));
    }
  }
  return EK_OK;
}

static ek_status_t find_lifetimes(plan_t *plan) {
  const ek_model_t *model = &plan->runtime->model;
  EK_TRY(add_ends(plan, model->inputs, true));
  for (uint32_t i = 0; i < model->operators.length; ++i) {
    EK_TRY(add_operator(plan, i));
    EK_TRY(add_scratch(plan, i));
  }
  return add_ends(plan, model->outputs, false);
}

/* Lets the first output of an operator lie over those inputs that nobody reads after it. */
static EK_OWN_FRAME ek_status_t find_overlaps(plan_t *plan, uint32_t index) {
  ek_runtime_t *runtime = plan->runtime;
  ek_call_t call = {.runtime = runtime};
  EK_TRY(ek_model_operator(&runtime->model, index, &call.operator_, &runtime->fault));
  const ek_kernel_t *kernel = plan->find_kernel(runtime, &call.operator_);
  if (kernel == NULL || kernel->overlap == NULL || call.operator_.outputs.length != 1u) {
    return EK_OK;
  }
  const uint32_t out = plan->places[ek_model_tensor_index(&runtime->model, call.operator_.outputs, 0u)];
  ek_block_t *block = &plan->blocks[out];
  uint32_t found = 0u;
  for (uint32_t i = 0; i < call.operator_.inputs.length && found < EK_MAX_OVERLAPS; ++i) {
    const int32_t input = ek_model_tensor_index(&runtime->model, call.operator_.inputs, i);
    const uint32_t in = input < 0 ? EK_NO_PLACE : plan->places[input];
    if (in == EK_NO_PLACE || in == out || plan->blocks[in].last != index || block->first != index) {
      continue;
    }
    uint32_t lag;
    EK_TRY(kernel->overlap(&call, i, &lag));
    if (lag <= EK_MAX_TENSOR_BYTES) {
      block->over[found] = (uint16_t)in;
      block->lag[found] = align(lag);
      ++found;
    }
  }
  return EK_OK;
}

/* Turns numbers of blocks into offsets from the start of the arena. */
static void settle(plan_t *plan, uint32_t base) {
  for (uint32_t i = 0; i < plan->runtime->model.tensors.length; ++i) {
    if (plan->places[i] != EK_NO_PLACE) {
      plan->places[i] = base + plan->blocks[plan->places[i]].offset;
    }
  }
  for (uint32_t i = 0; i < plan->num_scratch; ++i) {
    plan->scratch[i].place = base + plan->blocks[plan->scratch[i].place].offset;
  }
}

/* How many operators may ask for working memory. */
static EK_OWN_FRAME ek_status_t count_scratch(plan_t *plan, uint32_t *count) {
  ek_runtime_t *runtime = plan->runtime;
  *count = 0u;
  for (uint32_t i = 0; i < runtime->model.operators.length; ++i) {
    ek_call_t call = {.runtime = runtime};
    EK_TRY(ek_model_operator(&runtime->model, i, &call.operator_, &runtime->fault));
    const ek_kernel_t *kernel = plan->find_kernel(runtime, &call.operator_);
    uint32_t bytes = 0u;
    if (kernel != NULL && kernel->scratch != NULL) {
      EK_TRY(kernel->scratch(&call, &bytes));
    }
    *count += bytes > 0u ? 1u : 0u;
  }
  return EK_OK;
}

ek_status_t ek_plan(ek_runtime_t *runtime, ek_find_kernel_t find_kernel) {
  const uint32_t num_tensors = runtime->model.tensors.length;
  plan_t plan = {.runtime = runtime, .find_kernel = find_kernel};
  uint32_t num_scratch;
  EK_TRY(count_scratch(&plan, &num_scratch));
  const uint32_t places_bytes = num_tensors * (uint32_t)sizeof(uint32_t);
  const uint32_t table_bytes = align(places_bytes + num_scratch * (uint32_t)sizeof(scratch_t));
  if (table_bytes > runtime->arena_size) {
    return too_small(&plan);
  }
  plan.places = (uint32_t *)(void *)runtime->arena;
  plan.scratch = (scratch_t *)(void *)(runtime->arena + places_bytes);
  plan.blocks = (ek_block_t *)(void *)(runtime->arena + table_bytes);
  plan.max_blocks = (runtime->arena_size - table_bytes) / (uint32_t)sizeof(ek_block_t);
  for (uint32_t i = 0; i < num_tensors; ++i) {
    plan.places[i] = EK_NO_PLACE;
  }
  EK_TRY(find_lifetimes(&plan));
  for (uint32_t i = 0; i < runtime->model.operators.length; ++i) {
    EK_TRY(find_overlaps(&plan, i));
  }
  /* Sums of offsets must not wrap: many blocks, each up to half a gigabyte and shifted by as much. */
  uint64_t total = 0u;
  for (uint32_t i = 0; i < plan.num_blocks; ++i) {
    total += plan.blocks[i].bytes + (uint64_t)plan.blocks[i].lag[0] + plan.blocks[i].lag[1];
  }
  if (total > EK_FB_MAX_SIZE) {
    return ek_fail(&runtime->fault, EK_NO_MEMORY, EK_NOWHERE, EK_NOWHERE, "the tensors take more than 1 GiB");
  }
  const uint32_t tensor_bytes = ek_place(plan.blocks, plan.num_blocks);
  const uint32_t planning_bytes = plan.num_blocks * (uint32_t)sizeof(ek_block_t);
  settle(&plan, table_bytes);
  runtime->num_scratch = plan.num_scratch;
  runtime->arena_used = table_bytes + (tensor_bytes > planning_bytes ? tensor_bytes : planning_bytes);
  if (runtime->arena_used > runtime->arena_size) {
    return ek_fail(&runtime->fault, EK_NO_MEMORY, EK_NOWHERE, EK_NOWHERE, "the model needs a larger arena");
  }
  return EK_OK;
}

uint8_t *ek_plan_scratch(const ek_runtime_t *runtime, uint32_t operator_index) {
  const uint8_t *entry = runtime->arena + runtime->model.tensors.length * sizeof(uint32_t);
  for (uint32_t i = 0; i < runtime->num_scratch; ++i, entry += sizeof(scratch_t)) {
    if (ek_load_u32(entry) == operator_index) {
      return runtime->arena + ek_load_u32(entry + sizeof(uint32_t));
    }
  }
  return NULL;
}
