/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_plan.h"

#include "ek_place.h"
#include "ek_work.h"

/* What `places` holds while a subgraph is planned: the number of a block, EK_PERSISTENT and an offset, SIZED and the
 * bytes of a tensor that is not written yet, or one of these. At the end blocks become offsets, the rest EK_NO_PLACE. */
#define SIZED 0xC0000000u
#define SIZE_MASK 0x1FFFFFFFu
#define CONSTANT 0xFFFFFFFEu
#define UNSEEN 0xFFFFFFFFu

/* What the runtime keeps of one operator's working memory. */
typedef struct {
  uint32_t operator_index;
  uint32_t place;
} scratch_t;

typedef struct {
  ek_runtime_t *runtime;
  uint32_t *places;
  ek_block_t *blocks;
  uint32_t num_blocks;
  uint32_t max_blocks;
  uint64_t bytes; /* of all blocks, without regard to their places */
  bool has_overlaps;
} plan_t;

static uint32_t align(uint32_t bytes) { return (bytes + EK_ALIGNMENT - 1u) & ~(EK_ALIGNMENT - 1u); }

static uint32_t *places_of(const ek_runtime_t *runtime) {
  return (uint32_t *)(void *)(runtime->arena + runtime->tables);
}

static ek_status_t too_small(ek_runtime_t *runtime) {
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
  runtime->persistent_bytes += align(bytes);
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

static uint32_t room_for_blocks(const plan_t *plan) {
  const uint8_t *end = plan->runtime->known == NULL ? plan->runtime->arena + plan->runtime->arena_size
                                                    : (const uint8_t *)plan->runtime->known;
  return (uint32_t)(end - (const uint8_t *)plan->blocks) / (uint32_t)sizeof(ek_block_t);
}

/* Whoever asks for an operand is to look it up. */
static void forget_operands(ek_runtime_t *runtime) {
  for (uint32_t i = 0; i < EK_KEPT_OPERANDS; ++i) {
    runtime->operands[i] = NULL;
  }
}

static ek_status_t add_block(plan_t *plan, uint32_t bytes, uint32_t time) {
  if (plan->num_blocks == EK_MAX_BLOCKS) {
    return ek_fail(&plan->runtime->fault, EK_UNSUPPORTED, EK_NOWHERE, EK_NOWHERE, "more than 1024 computed tensors");
  }
  if (plan->num_blocks == plan->max_blocks) {
    plan->runtime->known = NULL; /* blocks go before comfort */
    forget_operands(plan->runtime);
    plan->max_blocks = room_for_blocks(plan);
    if (plan->num_blocks == plan->max_blocks) {
      return too_small(plan->runtime);
    }
  }
  ek_block_t *block = &plan->blocks[plan->num_blocks];
  block->bytes = align(bytes);
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
static inline ek_status_t note(plan_t *plan, const ek_tensor_t *tensor, uint32_t index, uint32_t *entry) {
  if (tensor->is_variable) {
    uint32_t place = 0u;
    EK_TRY(ek_plan_persistent(plan->runtime, tensor->num_bytes, &place));
    *entry = EK_PERSISTENT | place;
  } else {
    *entry = tensor->is_constant ? CONSTANT : SIZED | tensor->num_bytes;
  }
  plan->places[index] = *entry;
  return EK_OK;
}

/* A call that has the tensor as an operand touches each of its elements, and decoding walks over the scales. */
static inline uint64_t steps_of(const ek_tensor_t *tensor) {
  return (uint64_t)tensor->num_elements + EK_STEPS_OF_A_SCALE * (uint64_t)tensor->num_scales;
}

/* What is known of a tensor, and `linear` raised by what a call costs that has it as an operand. */
static EK_OWN_FRAME ek_status_t decode(plan_t *plan, uint32_t index, uint32_t *entry, uint64_t *linear) {
  ek_tensor_t room;
  const ek_tensor_t *tensor;
  EK_TRY(ek_plan_look(plan->runtime, index, &room, &tensor));
  *linear += steps_of(tensor);
  *entry = plan->places[index];
  return *entry == UNSEEN ? note(plan, tensor, index, entry) : EK_OK;
}

/* The same in fewer instructions for a tensor that is kept, as nearly all are. */
static inline ek_status_t look_at(plan_t *plan, uint32_t index, uint32_t *entry, uint64_t *linear) {
  const ek_tensor_t *tensor = ek_plan_kept(plan->runtime, index);
  uint32_t found = 0u;
  if (tensor == NULL) {
    uint64_t steps = 0u;
    EK_TRY(decode(plan, index, &found, &steps));
    *linear += steps;
  } else {
    found = plan->places[index];
    if (found == UNSEEN) {
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
  forget_operands(runtime);
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

static ek_status_t write_tensor(plan_t *plan, uint32_t index, uint32_t entry, uint32_t time, uint32_t operator_index) {
  if (entry < SIZED || entry == CONSTANT) {
    return ek_fail(&plan->runtime->fault, EK_BAD_MODEL, operator_index, index,
                   entry == CONSTANT ? "a constant or empty tensor is written" : "the tensor is written twice");
  }
  EK_TRY(add_block(plan, entry & SIZE_MASK, time));
  plan->places[index] = plan->num_blocks - 1u;
  return EK_OK;
}

/* The tensor is needed until `time`. */
static ek_status_t read_tensor(plan_t *plan, uint32_t index, uint32_t entry, uint32_t time, uint32_t operator_index) {
  if (entry < plan->num_blocks) {
    plan->blocks[entry].last = (uint16_t)time;
    return EK_OK;
  }
  if (entry == CONSTANT || (entry & SIZED) == EK_PERSISTENT) {
    return EK_OK;
  }
  return ek_fail(&plan->runtime->fault, EK_BAD_MODEL, operator_index, index,
                 "the tensor is read before anything writes it");
}

static EK_OWN_FRAME ek_status_t add_operands(plan_t *plan, ek_call_t *call, const ek_kernel_t *kernel,
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
    if (entry == CONSTANT) {
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
    if (shared != EK_NO_PLACE && (entry & SIZED) == SIZED && entry != CONSTANT) {
      plan->places[output] = shared;
    } else if (i + 1u == kernel->kept_output && (entry & SIZED) == SIZED && entry != CONSTANT) {
      uint32_t place = 0u;
      EK_TRY(ek_plan_persistent(runtime, entry & SIZE_MASK, &place));
      plan->places[output] = EK_PERSISTENT | place;
    } else {
      EK_TRY(write_tensor(plan, output, entry, time, time));
    }
  }
  *linear = steps;
  return EK_OK;
}

static EK_OWN_FRAME ek_status_t add_scratch(plan_t *plan, ek_call_t *call, const ek_kernel_t *kernel) {
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

static uint32_t block_of_input(const plan_t *plan, const ek_call_t *call, uint32_t position) {
  const int32_t input = ek_model_tensor_index(&plan->runtime->model, call->operator_.inputs, position);
  return input < 0 ? EK_NO_PLACE : plan->places[input];
}

/* An operator may have one tensor for several inputs, and read each its own way: the output keeps the largest distance
 * that any of them wants. More of them than networks have are not asked, as each may take a look at all inputs. */
#define MAX_READS 4u

static EK_OWN_FRAME ek_status_t largest_lag(const plan_t *plan, ek_call_t *call, const ek_kernel_t *kernel, uint32_t block,
                                            uint32_t *largest) {
  uint32_t reads = 0u;
  *largest = 0u;
  for (uint32_t i = 0; i < call->operator_.inputs.length && *largest <= EK_MAX_TENSOR_BYTES; ++i) {
    if (block_of_input(plan, call, i) == block) {
      uint32_t lag = EK_NO_OVERLAP;
      if (++reads <= MAX_READS) {
        EK_TRY(kernel->overlap(call, i, &lag));
      }
      *largest = lag > *largest ? lag : *largest;
    }
  }
  return EK_OK;
}

/* Of more inputs than these none is overlapped, so that the work grows with their number and not with its square. */
#define MAX_CANDIDATES 8u

/* Lets the only output lie over inputs of which this operator is the last reader so far. */
static EK_OWN_FRAME ek_status_t add_overlaps(plan_t *plan, ek_call_t *call, const ek_kernel_t *kernel) {
  const uint32_t out = plan->places[ek_model_tensor_index(&plan->runtime->model, call->operator_.outputs, 0u)];
  uint32_t found = 0u;
  if (out >= plan->num_blocks || plan->blocks[out].first != call->operator_.index) {
    return EK_OK;
  }
  ek_block_t *block = &plan->blocks[out];
  for (uint32_t i = 0; i < call->operator_.inputs.length && i < MAX_CANDIDATES && found < EK_MAX_OVERLAPS; ++i) {
    const uint32_t in = block_of_input(plan, call, i);
    if (in >= plan->num_blocks || in == out || (found > 0u && block->over[0] == in)) {
      continue;
    }
    uint32_t lag;
    EK_TRY(largest_lag(plan, call, kernel, in, &lag));
    if (lag <= EK_MAX_TENSOR_BYTES) {
      block->over[found] = (uint16_t)in;
      block->lag[found] = align(lag);
      plan->has_overlaps = true;
      ++found;
    }
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

static EK_OWN_FRAME ek_status_t add_operator(plan_t *plan, uint32_t index) {
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
    EK_TRY(add_overlaps(plan, &call, kernel));
  }
  return kernel->scratch == NULL ? EK_OK : add_scratch(plan, &call, kernel);
}

/* The graph's inputs are written before the first operator, its outputs read after the last. */
static ek_status_t add_ends(plan_t *plan, ek_vector_t list, bool are_inputs) {
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

static EK_OWN_FRAME ek_status_t find_lifetimes(plan_t *plan) {
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

/* Forgets overlaps over inputs that turned out to be read again later. */
static EK_OWN_FRAME void settle_overlaps(plan_t *plan) {
  for (uint32_t i = 0; i < plan->num_blocks; ++i) {
    ek_block_t *block = &plan->blocks[i];
    for (uint32_t k = 0; k < EK_MAX_OVERLAPS; ++k) {
      if (block->over[k] != EK_NO_BLOCK && plan->blocks[block->over[k]].last != block->first) {
        block->over[k] = EK_NO_BLOCK;
        block->lag[k] = 0u;
      }
    }
  }
}

/* Turns numbers of blocks into offsets, and leaves the scratch table behind the places. It lies where the blocks begin;
 * an entry is smaller than a block, so it never covers one that is still to be read. */
static EK_OWN_FRAME void settle_places(plan_t *plan) {
  ek_runtime_t *runtime = plan->runtime;
  const ek_block_t *blocks = plan->blocks;
  const uint32_t num_blocks = plan->num_blocks;
  uint32_t *place = plan->places;
  for (const uint32_t *end = place + runtime->model.tensors.length; place < end; ++place) {
    const uint32_t entry = *place;
    if (entry < num_blocks) {
      *place = blocks[entry].offset;
    } else if (entry >= SIZED) {
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
static EK_OWN_FRAME ek_status_t place(plan_t *plan, uint32_t *bytes, uint32_t *end) {
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

static EK_OWN_FRAME ek_status_t begin(plan_t *plan) {
  ek_runtime_t *runtime = plan->runtime;
  const uint32_t places_bytes = runtime->model.tensors.length * (uint32_t)sizeof(uint32_t);
  const uint32_t start = runtime->tables + places_bytes;
  if (start > runtime->arena_size) {
    return too_small(runtime);
  }
  plan->places = places_of(runtime);
  plan->blocks = (ek_block_t *)(void *)(runtime->arena + start);
  plan->num_blocks = 0u;
  plan->bytes = 0u;
  plan->has_overlaps = false;
  memset(plan->places, 0xFF, places_bytes); /* UNSEEN */
  keep_tensors(runtime, start);
  plan->max_blocks = room_for_blocks(plan);
  return EK_OK;
}

ek_status_t ek_plan(ek_runtime_t *runtime, uint32_t *bytes, uint32_t *end) {
  plan_t plan;
  plan.runtime = runtime;
  EK_TRY(begin(&plan));
  runtime->is_planning = true;
  const ek_status_t status = find_lifetimes(&plan);
  runtime->is_planning = false;
  runtime->known = NULL;
  forget_operands(runtime);
  EK_TRY(status);
  if (plan.has_overlaps) {
    settle_overlaps(&plan);
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
