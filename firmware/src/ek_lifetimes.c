/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_planning.h"
#include "ek_work.h"

void ek_forget_operands(ek_runtime_t *runtime) {
  for (uint32_t i = 0; i < EK_KEPT_OPERANDS; ++i) {
    runtime->operands[i] = NULL;
  }
}

static ek_status_t add_block(ek_planning_t *plan, uint32_t bytes, uint32_t time) {
  if (plan->num_blocks == EK_MAX_BLOCKS) {
    return ek_fail(&plan->runtime->fault, EK_UNSUPPORTED, EK_NOWHERE, EK_NOWHERE, "more than 1024 computed tensors");
  }
  if (plan->num_blocks == plan->max_blocks) {
    plan->runtime->known = NULL; /* blocks go before comfort */
    ek_forget_operands(plan->runtime);
    plan->max_blocks = ek_room_for_blocks(plan);
    if (plan->num_blocks == plan->max_blocks) {
      return ek_too_small_to_plan(plan->runtime);
    }
  }
  ek_block_t *block = &plan->blocks[plan->num_blocks];
  block->bytes = ek_align(bytes);
  block->first = (uint16_t)time;
  block->last = (uint16_t)time;
  block->is_scratch = false;
  plan->bytes += block->bytes;
  for (uint32_t i = 0; i < EK_MAX_OVERLAPS; ++i) {
    block->over[i] = EK_NO_BLOCK;
    block->lag[i] = 0u;
  }
  ++plan->num_blocks;
  return EK_OK;
}

/* What the places say of a tensor that is met for the first time. */
static inline ek_status_t note(ek_planning_t *plan, const ek_tensor_t *tensor, uint32_t index, uint32_t *entry) {
  if (tensor->is_variable) {
    uint32_t place = 0u;
    EK_TRY(ek_plan_persistent(plan->runtime, tensor->num_bytes, &place));
    *entry = EK_PERSISTENT | place;
  } else {
    *entry = tensor->is_constant ? EK_CONSTANT : EK_SIZED | tensor->num_bytes;
  }
  plan->places[index] = *entry;
  return EK_OK;
}

/* A call that has the tensor as an operand touches each of its elements, and decoding walks over the scales. */
static inline uint64_t steps_of(const ek_tensor_t *tensor) {
  return (uint64_t)tensor->num_elements + EK_STEPS_OF_A_SCALE * (uint64_t)tensor->num_scales;
}

/* What is known of a tensor, and `linear` raised by what a call costs that has it as an operand. */
static EK_OWN_FRAME ek_status_t decode(ek_planning_t *plan, uint32_t index, uint32_t *entry, uint64_t *linear) {
  ek_tensor_t room;
  const ek_tensor_t *tensor;
  EK_TRY(ek_plan_look(plan->runtime, index, &room, &tensor));
  *linear += steps_of(tensor);
  *entry = plan->places[index];
  return *entry == EK_UNSEEN ? note(plan, tensor, index, entry) : EK_OK;
}

/* The same in fewer instructions for a tensor that is kept, as nearly all are. */
static inline ek_status_t look_at(ek_planning_t *plan, uint32_t index, uint32_t *entry, uint64_t *linear) {
  const ek_tensor_t *tensor = ek_plan_kept(plan->runtime, index);
  uint32_t found = 0u;
  if (tensor == NULL) {
    uint64_t steps = 0u;
    EK_TRY(decode(plan, index, &found, &steps));
    *linear += steps;
  } else {
    found = plan->places[index];
    if (found == EK_UNSEEN) {
      EK_TRY(note(plan, tensor, index, &found));
    }
    *linear += steps_of(tensor);
  }
  *entry = found;
  return EK_OK;
}

/* For the kernel's check and the rest of the load: where the operands that most operators have are kept. Not if a tensor
 * may give way to another. */
static EK_OWN_FRAME void keep_operands(ek_runtime_t *runtime, const ek_operator_t *operator_) {
  const uint8_t *bytes = runtime->model.file.bytes;
  ek_forget_operands(runtime);
  if (runtime->known_mask + 1u < runtime->model.tensors.length) {
    return;
  }
  for (uint32_t i = 0; i < EK_KEPT_OUTPUT && i < operator_->inputs.length; ++i) {
    const int32_t input = ek_load_i32(bytes + operator_->inputs.position + 4u * i);
    if (input >= 0) {
      runtime->operands[i] = ek_plan_kept(runtime, (uint32_t)input);
    }
  }
  if (operator_->outputs.length > 0u) {
    runtime->operands[EK_KEPT_OUTPUT] = ek_plan_kept(runtime, ek_load_u32(bytes + operator_->outputs.position));
  }
}

static ek_status_t write_tensor(ek_planning_t *plan, uint32_t index, uint32_t entry, uint32_t time, uint32_t operator_index) {
  if (entry < EK_SIZED || entry == EK_CONSTANT) {
    return ek_fail(&plan->runtime->fault, EK_BAD_MODEL, operator_index, index,
                   entry == EK_CONSTANT ? "a constant or empty tensor is written" : "the tensor is written twice");
  }
  EK_TRY(add_block(plan, entry & EK_SIZE_MASK, time));
  plan->places[index] = plan->num_blocks - 1u;
  return EK_OK;
}

/* The tensor is needed until `time`. */
static ek_status_t read_tensor(ek_planning_t *plan, uint32_t index, uint32_t entry, uint32_t time, uint32_t operator_index) {
  if (entry < plan->num_blocks) {
    plan->blocks[entry].last = (uint16_t)time;
    return EK_OK;
  }
  if (entry == EK_CONSTANT || (entry & EK_SIZED) == EK_PERSISTENT) {
    return EK_OK;
  }
  return ek_fail(&plan->runtime->fault, EK_BAD_MODEL, operator_index, index,
                 "the tensor is read before anything writes it");
}

static EK_OWN_FRAME ek_status_t add_operands(ek_planning_t *plan, ek_call_t *call, const ek_kernel_t *kernel,
                                              uint64_t *linear) {
  ek_runtime_t *runtime = plan->runtime;
  const uint32_t time = call->operator_.index;
  const uint8_t *next = runtime->model.file.bytes + call->operator_.inputs.position;
  uint32_t shared = EK_NO_PLACE;
  uint64_t steps = 1u;
  for (uint32_t i = 0; i < call->operator_.inputs.length; ++i, next += 4) {
    const int32_t input = ek_load_i32(next);
    uint32_t entry;
    if (input < 0) {
      continue;
    }
    EK_TRY(look_at(plan, (uint32_t)input, &entry, &steps));
    if (entry == EK_CONSTANT) {
      continue;
    }
    EK_TRY(read_tensor(plan, (uint32_t)input, entry, time, time));
    if (i == 0u && kernel->is_view && entry < plan->num_blocks) {
      shared = entry;
    }
  }
  next = runtime->model.file.bytes + call->operator_.outputs.position;
  for (uint32_t i = 0; i < call->operator_.outputs.length; ++i, next += 4) {
    const uint32_t output = ek_load_u32(next);
    uint32_t entry;
    EK_TRY(look_at(plan, output, &entry, &steps));
    if (shared != EK_NO_PLACE && (entry & EK_SIZED) == EK_SIZED && entry != EK_CONSTANT) {
      plan->places[output] = shared;
    } else if (i + 1u == kernel->kept_output && (entry & EK_SIZED) == EK_SIZED && entry != EK_CONSTANT) {
      uint32_t place = 0u;
      EK_TRY(ek_plan_persistent(runtime, entry & EK_SIZE_MASK, &place));
      plan->places[output] = EK_PERSISTENT | place;
    } else {
      EK_TRY(write_tensor(plan, output, entry, time, time));
    }
  }
  *linear = steps;
  return EK_OK;
}

static EK_OWN_FRAME ek_status_t add_scratch(ek_planning_t *plan, ek_call_t *call, const ek_kernel_t *kernel) {
  uint32_t bytes = 0u;
  EK_TRY(kernel->scratch(call, &bytes));
  if (bytes > EK_MAX_TENSOR_BYTES) {
    return ek_fail(&plan->runtime->fault, EK_NO_MEMORY, call->operator_.index, EK_NOWHERE,
                   "the operator needs too much working memory");
  }
  if (bytes > 0u) {
    EK_TRY(add_block(plan, bytes, call->operator_.index));
    plan->blocks[plan->num_blocks - 1u].is_scratch = true;
  }
  return EK_OK;
}

/* Adds a checked operator to the work of one inference, which is bounded. */
static EK_OWN_FRAME ek_status_t add_work(ek_call_t *call, uint64_t linear) {
  ek_runtime_t *runtime = call->runtime;
  uint64_t steps;
  EK_TRY(ek_work(call, linear, &steps));
  runtime->work += steps;
  return runtime->work <= EK_MAX_WORK ? EK_OK
                                      : ek_fail(&runtime->fault, EK_UNSUPPORTED, call->operator_.index, EK_NOWHERE,
                                                "one inference would take too long");
}

static EK_OWN_FRAME ek_status_t add_operator(ek_planning_t *plan, uint32_t index) {
  ek_runtime_t *runtime = plan->runtime;
  ek_call_t call;
  const ek_kernel_t *kernel;
  uint64_t linear;
  call.runtime = runtime;
  call.scratch = NULL;
  call.round = 0u;
  call.callee = EK_NOWHERE;
  EK_TRY(ek_model_operator(&runtime->model, index, &call.operator_, &runtime->fault));
  EK_TRY(ek_find_kernel(runtime, &call.operator_, &kernel));
  keep_operands(runtime, &call.operator_);
  EK_TRY(ek_call_check(&call, kernel));
  EK_TRY(add_operands(plan, &call, kernel, &linear));
  EK_TRY(add_work(&call, linear));
  if (kernel->overlap != NULL && call.operator_.outputs.length == 1u) {
    EK_TRY(ek_add_overlaps(plan, &call, kernel));
  }
  return kernel->scratch == NULL ? EK_OK : add_scratch(plan, &call, kernel);
}

/* The graph's inputs are written before the first operator, its outputs read after the last. */
static ek_status_t add_ends(ek_planning_t *plan, ek_vector_t list, bool are_inputs) {
  const ek_model_t *model = &plan->runtime->model;
  for (uint32_t i = 0; i < list.length; ++i) {
    const uint32_t index = (uint32_t)ek_model_tensor_index(model, list, i);
    uint32_t entry;
    uint64_t linear = 0u; /* of no operator */
    EK_TRY(decode(plan, index, &entry, &linear));
    if (are_inputs) {
      EK_TRY(write_tensor(plan, index, entry, 0u, EK_NOWHERE));
    } else {
      EK_TRY(read_tensor(plan, index, entry, model->operators.length, EK_NOWHERE));
    }
  }
  return EK_OK;
}

EK_OWN_FRAME ek_status_t ek_find_lifetimes(ek_planning_t *plan) {
  ek_runtime_t *runtime = plan->runtime;
  EK_TRY(add_ends(plan, runtime->model.inputs, true));
  for (uint32_t i = 0; i < runtime->model.operators.length; ++i) {
    const ek_status_t status = add_operator(plan, i);
    if (status != EK_OK) {
      if (runtime->fault.operator_index == EK_NOWHERE) {
        runtime->fault.operator_index = (uint16_t)i; /* found while decoding a tensor, which does not know its user */
      }
      return ek_fail(&runtime->fault, status, i, EK_NOWHERE, "broken operator");
    }
  }
  return add_ends(plan, runtime->model.outputs, false);
}
