/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_runtime.h"

#include "ek_plan.h"
#include "ek_variables.h"
#include "ek_work.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "FlatBuffers are little-endian and are read in place"
#endif

static ek_status_t no_kernel(ek_runtime_t *runtime, const ek_operator_t *operator_) {
  bool known = false;
  for (uint32_t i = 0; i < ek_num_kernels; ++i) {
    known = known || (ek_kernels[i]->builtin == operator_->builtin && operator_->builtin != EK_BUILTIN_CUSTOM);
  }
  return ek_fail(&runtime->fault, EK_UNSUPPORTED, operator_->index, EK_NOWHERE,
                 known ? "no kernel for this operator on this input type" : "no kernel for this operator");
}

/* The type that a kernel is chosen by. */
static uint8_t deciding_type(ek_runtime_t *runtime, const ek_operator_t *operator_, const ek_kernel_t *kernel) {
  const int32_t input = ek_model_tensor_index(&runtime->model, operator_->inputs, kernel->type_input);
  if (input < 0) {
    return EK_ANY_TYPE;
  }
  const ek_tensor_t *kept = ek_plan_kept(runtime, (uint32_t)input);
  return kept != NULL ? kept->type : ek_model_type(&runtime->model, (uint32_t)input);
}

/* Custom operators have their name for a number; has this one that of the kernel? */
static EK_OWN_FRAME bool is_named(ek_runtime_t *runtime, const ek_operator_t *operator_, const ek_kernel_t *kernel) {
  ek_vector_t name;
  const size_t length = strlen(kernel->name);
  return ek_model_custom_name(&runtime->model, operator_->index, &name) == EK_OK && length == name.length &&
         memcmp(kernel->name, runtime->model.file.bytes + name.position, length) == 0;
}

/* A kernel for just the type goes before one for any type. */
static EK_OWN_FRAME ek_status_t search_kernel(ek_runtime_t *runtime, const ek_operator_t *operator_,
                                              const ek_kernel_t **kernel) {
  const int32_t builtin = operator_->builtin;
  const ek_kernel_t *const *found = NULL;
  bool is_sure = true;
  const ek_kernel_t *const *end = ek_kernels + ek_num_kernels;
  for (const ek_kernel_t *const *at = ek_kernels; at < end; ++at) {
    if ((*at)->builtin != builtin || (builtin == EK_BUILTIN_CUSTOM && !is_named(runtime, operator_, *at))) {
      continue;
    }
    if ((*at)->type == deciding_type(runtime, operator_, *at)) {
      found = at;
      is_sure = true;
      break;
    }
    is_sure = is_sure && found == NULL && (*at)->type == EK_ANY_TYPE;
    found = (*at)->type == EK_ANY_TYPE ? at : found;
  }
  if (found == NULL) {
    return EK_LOADS_MODELS ? no_kernel(runtime, operator_) : EK_UNSUPPORTED;
  }
  if (is_sure) {
    runtime->kernel_hints[(uint32_t)builtin % 16u] = (uint16_t)(found - ek_kernels + 1);
  }
  *kernel = *found;
  return EK_OK;
}

/* Networks repeat a few operators, so the kernel that was found last is tried first. Such a hint names a kernel for just
 * the type, or the only one that there is of the operator. */
ek_status_t ek_find_kernel(ek_runtime_t *runtime, const ek_operator_t *operator_, const ek_kernel_t **kernel) {
  const uint32_t hint = runtime->kernel_hints[(uint32_t)operator_->builtin % 16u];
  if (hint != 0u && operator_->builtin != EK_BUILTIN_CUSTOM) {
    const ek_kernel_t *last = ek_kernels[hint - 1u];
    if (last->builtin == operator_->builtin &&
        (last->type == EK_ANY_TYPE || last->type == deciding_type(runtime, operator_, last))) {
      *kernel = last;
      return EK_OK;
    }
  }
  return search_kernel(runtime, operator_, kernel);
}

static void clear_fault(ek_runtime_t *runtime) {
  runtime->fault.status = EK_OK;
  runtime->fault.operator_index = EK_NOWHERE;
  runtime->fault.tensor_index = EK_NOWHERE;
  runtime->fault.message = "";
}

ek_status_t ek_runtime_enter(ek_runtime_t *runtime, uint32_t subgraph, uint32_t base) {
  if (EK_HAS_CALLEES && runtime->model.subgraphs.length > 1u) {
    if (runtime->model.subgraph != subgraph) {
      EK_TRY(ek_model_enter(&runtime->model, subgraph, &runtime->fault));
    }
    const ek_plan_entry_t *entry = ek_plan_entry(runtime, subgraph);
    runtime->tables = entry->tables;
    runtime->num_scratch = (uint16_t)entry->num_scratch;
  }
  runtime->base = base;
  return EK_OK;
}

/* A subgraph that the operators of `frame` call and that is not planned yet, or EK_NOWHERE; the frame remembers how far
 * it looked. */
static EK_OWN_FRAME ek_status_t find_callee(ek_runtime_t *runtime, ek_frame_t *frame, uint32_t *callee) {
  ek_call_t call = {.runtime = runtime};
  const ek_kernel_t *kernel;
  for (; frame->operator_index < runtime->model.operators.length; ++frame->operator_index) {
    EK_TRY(ek_model_operator(&runtime->model, frame->operator_index, &call.operator_, &runtime->fault));
    EK_TRY(ek_find_kernel(runtime, &call.operator_, &kernel));
    *callee = EK_NOWHERE;
    for (uint32_t i = 0; kernel->callee != NULL && i < 2u; ++i) {
      EK_TRY(kernel->callee(&call, i, callee));
      if (*callee != EK_NOWHERE && ek_plan_entry(runtime, *callee)->tables == EK_NO_PLACE) {
        return EK_OK;
      }
    }
  }
  *callee = EK_NOWHERE;
  return EK_OK;
}

static ek_status_t call_for_plan(ek_runtime_t *runtime, uint32_t depth, uint32_t callee) {
  for (uint32_t i = 0; i < depth; ++i) {
    if (runtime->frames[i].subgraph == callee) {
      return ek_fail(&runtime->fault, EK_UNSUPPORTED, EK_NOWHERE, EK_NOWHERE, "subgraphs that call themselves");
    }
  }
  if (depth == EK_MAX_DEPTH) {
    return ek_fail(&runtime->fault, EK_UNSUPPORTED, EK_NOWHERE, EK_NOWHERE, "calls nested more than 8 deep");
  }
  runtime->frames[depth] = (ek_frame_t){.subgraph = (uint16_t)callee};
  return EK_OK;
}

/* What a call of the current subgraph costs, which has so many steps and a plan of so many bytes; see ek_work.h. */
static uint32_t cost_of_call(const ek_runtime_t *runtime, uint64_t steps, uint32_t bytes) {
  const ek_model_t *model = &runtime->model;
  const uint32_t decoded = 1u + model->operators.length + model->inputs.length + model->outputs.length;
  const uint64_t cost = steps + bytes + (uint64_t)EK_STEPS_OF_AN_OPERATOR * decoded;
  return cost <= UINT32_MAX ? (uint32_t)cost : UINT32_MAX; /* then a second call is refused by any EK_MAX_WORK */
}

/* Plans what the main subgraph calls, directly or not, callees first, and then itself. */
static EK_OWN_FRAME ek_status_t plan_subgraphs(ek_runtime_t *runtime, uint32_t start, uint32_t *end) {
  const uint32_t count = runtime->model.subgraphs.length;
  *end = start + count * (uint32_t)sizeof(ek_plan_entry_t);
  if (*end > runtime->arena_size) {
    return ek_fail(&runtime->fault, EK_NO_MEMORY, EK_NOWHERE, EK_NOWHERE, "the arena is too small to plan in");
  }
  runtime->directory = start;
  memset(runtime->arena + start, 0xFF, *end - start);
  runtime->frames[0] = (ek_frame_t){.subgraph = 0u};
  for (uint32_t depth = 1u; depth > 0u;) {
    ek_frame_t *frame = &runtime->frames[depth - 1u];
    uint32_t callee;
    EK_TRY(ek_model_enter(&runtime->model, frame->subgraph, &runtime->fault));
    EK_TRY(find_callee(runtime, frame, &callee));
    if (callee != EK_NOWHERE) {
      EK_TRY(call_for_plan(runtime, depth, callee));
      ++depth;
      continue;
    }
    ek_plan_entry_t *entry = ek_plan_entry(runtime, frame->subgraph);
    ek_plan_entry_t planned = {.tables = *end};
    const uint64_t work_before = runtime->work;
    runtime->tables = *end;
    EK_TRY(ek_plan(runtime, &planned.bytes, end));
    planned.cost = cost_of_call(runtime, runtime->work - work_before, planned.bytes);
    planned.num_scratch = runtime->num_scratch;
    *entry = planned;
    --depth;
  }
  return EK_OK;
}

static ek_status_t plan(ek_runtime_t *runtime) {
  uint32_t bytes = 0u;
  uint32_t end;
  if (ek_model_may_have(&runtime->model, EK_BUILTIN_VAR_HANDLE)) {
    EK_TRY(ek_variables_find(runtime));
  }
  runtime->tables = runtime->num_variables * (uint32_t)sizeof(ek_variable_t);
  if (runtime->model.subgraphs.length == 1u) {
    EK_TRY(ek_plan(runtime, &bytes, &end));
  } else {
    EK_TRY(plan_subgraphs(runtime, runtime->tables, &end));
    bytes = ek_plan_entry(runtime, 0u)->bytes;
  }
  runtime->persistent = (end + EK_ALIGNMENT - 1u) & ~(EK_ALIGNMENT - 1u);
  if (runtime->persistent > EK_FB_MAX_SIZE) {
    return ek_fail(&runtime->fault, EK_NO_MEMORY, EK_NOWHERE, EK_NOWHERE, "the plan takes more than 1 GiB");
  }
  runtime->main_base = runtime->persistent + runtime->persistent_bytes;
  const uint32_t needed = runtime->main_base + bytes; /* three terms of at most 1 GiB */
  runtime->arena_used = needed > runtime->arena_used ? needed : runtime->arena_used;
  if (runtime->arena_used > runtime->arena_size) {
    return ek_fail(&runtime->fault, EK_NO_MEMORY, EK_NOWHERE, EK_NOWHERE, "the model needs a larger arena");
  }
  return ek_runtime_reset(runtime);
}

/* Operators and tensors of a fault are the main subgraph's: what is wrong in a callee is put down to its caller. */
static void blame_caller(ek_runtime_t *runtime) {
  if (EK_HAS_CALLEES && runtime->model.subgraph != 0u) {
    runtime->fault.operator_index = runtime->frames[0].operator_index;
    runtime->fault.tensor_index = EK_NOWHERE;
  }
}

ek_status_t ek_runtime_load(ek_runtime_t *runtime, const uint8_t *model, uint32_t model_size, uint8_t *arena,
                            uint32_t arena_size) {
  memset(runtime, 0, sizeof *runtime);
  clear_fault(runtime);
  runtime->arena = arena;
  runtime->arena_size = arena_size;
  ek_status_t status = ek_model_open(&runtime->model, model, model_size, &runtime->fault);
  if (status == EK_OK) {
    status = plan(runtime);
  }
  if (status != EK_OK) {
    /* The first fault wins; one that was found without words gets some. */
    (void)ek_fail(&runtime->fault, status, EK_NOWHERE, EK_NOWHERE, "broken model");
    status = runtime->fault.status;
    blame_caller(runtime);
    memset(&runtime->model, 0, sizeof runtime->model);
    if (runtime->arena_used <= arena_size) { /* else it tells how much would have been enough */
      runtime->arena_used = 0u;
    }
  }
  return status;
}

ek_status_t ek_runtime_check(ek_runtime_t *runtime, const uint8_t *model, uint32_t model_size, uint32_t index) {
  memset(runtime, 0, sizeof *runtime);
  clear_fault(runtime);
  ek_call_t call = {.runtime = runtime};
  const ek_kernel_t *kernel;
  EK_TRY(ek_model_open(&runtime->model, model, model_size, &runtime->fault));
  EK_TRY(ek_model_operator(&runtime->model, index, &call.operator_, &runtime->fault));
  EK_TRY(ek_find_kernel(runtime, &call.operator_, &kernel));
  const ek_status_t status = ek_call_check(&call, kernel);
  return status == EK_OK ? EK_OK : ek_fail(&runtime->fault, status, index, EK_NOWHERE, "broken operator");
}

/* TFLite sets a variable tensor to zero, one of int8 to its zero point. */
static EK_OWN_FRAME ek_status_t reset_tensors(ek_runtime_t *runtime) {
  ek_tensor_t tensor;
  for (uint32_t i = 0; i < runtime->model.tensors.length; ++i) {
    const uint32_t place = ek_load_u32(runtime->arena + runtime->tables + sizeof(uint32_t) * i);
    if (place != EK_NO_PLACE && (place & EK_PERSISTENT) != 0u) {
      EK_TRY(ek_runtime_tensor(runtime, i, &tensor));
      memset(tensor.data, tensor.type == EK_INT8 ? tensor.zero_point : 0, tensor.num_bytes);
    }
  }
  return EK_OK;
}

ek_status_t ek_runtime_reset(ek_runtime_t *runtime) {
  memset(runtime->initialized, 0, sizeof runtime->initialized);
  if (EK_HAS_VARIABLES) {
    ek_variables_reset(runtime);
  }
  if (EK_HAS_CALLEES && EK_HAS_STATE && runtime->persistent_bytes > 0u) {
    for (uint32_t i = runtime->model.subgraphs.length - 1u; i > 0u; --i) {
      if (ek_plan_entry(runtime, i)->tables != EK_NO_PLACE) {
        EK_TRY(ek_runtime_enter(runtime, i, runtime->main_base));
        EK_TRY(reset_tensors(runtime));
      }
    }
  }
  EK_TRY(ek_runtime_enter(runtime, 0u, runtime->main_base));
  return EK_HAS_STATE && runtime->persistent_bytes > 0u ? reset_tensors(runtime) : EK_OK;
}

/* Begins a callee of the operator that runs in frame `depth − 1`. */
static ek_status_t begin(ek_runtime_t *runtime, uint32_t depth, const ek_call_t *call, uint32_t base) {
  const uint32_t cost = ek_plan_entry(runtime, call->callee)->cost;
  if (cost > EK_MAX_WORK - runtime->called_work || depth == EK_MAX_DEPTH) {
    return ek_fail(&runtime->fault, EK_RUNTIME_FAILED, call->operator_.index, EK_NOWHERE,
                   "its loops take longer than an inference may");
  }
  runtime->called_work += cost;
  EK_TRY(ek_runtime_enter(runtime, call->callee, base));
  runtime->frames[depth] = (ek_frame_t){.base = base,
                                        .subgraph = (uint16_t)call->callee,
                                        .end = (uint16_t)runtime->model.operators.length};
  return EK_OK;
}

/* Runs the operator that is due in the last frame. */
static EK_OWN_FRAME ek_status_t run_operator(ek_runtime_t *runtime, uint32_t *depth) {
  ek_frame_t *frame = &runtime->frames[*depth - 1u];
  const ek_kernel_t *kernel;
  ek_call_t call;
  call.runtime = runtime;
  call.round = frame->round;
  call.callee = EK_NOWHERE;
  EK_TRY(ek_model_operator(&runtime->model, frame->operator_index, &call.operator_, &runtime->fault));
  EK_TRY(ek_find_kernel(runtime, &call.operator_, &kernel));
  const uint32_t scratch = ek_plan_scratch(runtime, frame->operator_index);
  call.scratch = scratch == 0u ? NULL : runtime->arena + scratch;
  EK_TRY(kernel->run(&call));
  if (!EK_HAS_CALLEES || call.callee == EK_NOWHERE) {
    ++frame->operator_index;
    frame->round = 0u;
    return EK_OK;
  }
  EK_TRY(begin(runtime, *depth, &call, scratch));
  ++*depth;
  return EK_OK;
}

static ek_status_t run(ek_runtime_t *runtime) {
  for (uint32_t depth = 1u; depth > 0u;) {
    const ek_frame_t *frame = &runtime->frames[depth - 1u];
    if (frame->operator_index < frame->end) {
      EK_TRY(run_operator(runtime, &depth));
    } else if (--depth > 0u && EK_HAS_CALLEES) {
      ek_frame_t *caller = &runtime->frames[depth - 1u];
      ++caller->round;
      EK_TRY(ek_runtime_enter(runtime, caller->subgraph, caller->base));
    }
  }
  return EK_OK;
}

ek_status_t ek_runtime_run(ek_runtime_t *runtime, uint32_t first, uint32_t count) {
  const uint32_t num_operators = runtime->model.operators.length;
  clear_fault(runtime);
  if (first > num_operators || (count != EK_ALL_OPERATORS && count > num_operators - first)) {
    return ek_fail(&runtime->fault, EK_BAD_RANGE, EK_NOWHERE, EK_NOWHERE, "no such operators in the model");
  }
  /* What the run before it left in memory would change its count by a few instructions, and counts are to be repeatable. */
  ek_model_forget(&runtime->model);
  runtime->called_work = 0u;
  runtime->frames[0] = (ek_frame_t){
      .base = runtime->main_base,
      .operator_index = (uint16_t)first,
      .end = (uint16_t)(count == EK_ALL_OPERATORS ? num_operators : first + count),
  };
  const ek_status_t status = run(runtime);
  if (status != EK_OK) {
    blame_caller(runtime);
    EK_TRY(ek_runtime_enter(runtime, 0u, runtime->main_base));
  }
  return status;
}

ek_status_t ek_runtime_tensor(ek_runtime_t *runtime, uint32_t index, ek_tensor_t *tensor) {
  if (index >= runtime->model.tensors.length) {
    return ek_fail(&runtime->fault, EK_BAD_RANGE, EK_NOWHERE, index, "no such tensor in the model");
  }
  const ek_tensor_t *kept = ek_plan_kept(runtime, index);
  if (kept != NULL) {
    *tensor = *kept;
    return EK_OK;
  }
  if (EK_LOADS_MODELS && runtime->is_planning) {
    const ek_tensor_t *known;
    EK_TRY(ek_plan_look(runtime, index, tensor, &known));
    if (known != tensor) {
      *tensor = *known;
    }
    return EK_OK;
  }
  EK_TRY(ek_model_tensor(&runtime->model, index, tensor, &runtime->fault));
  if (!tensor->is_constant && runtime->arena_used != 0u) {
    const uint32_t place = ek_load_u32(runtime->arena + runtime->tables + sizeof(uint32_t) * index);
    if (place != EK_NO_PLACE) {
      tensor->data = (place & EK_PERSISTENT) != 0u ? runtime->arena + runtime->persistent + (place & ~EK_PERSISTENT)
                                                   : runtime->arena + runtime->base + place;
    }
  }
  return EK_OK;
}

static ek_status_t tensor_of_list(ek_runtime_t *runtime, ek_vector_t list, uint32_t position, ek_tensor_t *tensor) {
  const int32_t index = ek_model_tensor_index(&runtime->model, list, position);
  if (index < 0) {
    return ek_fail(&runtime->fault, EK_BAD_RANGE, EK_NOWHERE, EK_NOWHERE, "no such input or output in the model");
  }
  return ek_runtime_tensor(runtime, (uint32_t)index, tensor);
}

ek_status_t ek_runtime_input(ek_runtime_t *runtime, uint32_t position, ek_tensor_t *tensor) {
  clear_fault(runtime);
  return tensor_of_list(runtime, runtime->model.inputs, position, tensor);
}

ek_status_t ek_runtime_output(ek_runtime_t *runtime, uint32_t position, ek_tensor_t *tensor) {
  clear_fault(runtime);
  return tensor_of_list(runtime, runtime->model.outputs, position, tensor);
}
