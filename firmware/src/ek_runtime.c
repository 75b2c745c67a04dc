/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_runtime.h"

#include "ek_plan.h"
#include "ek_work.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "FlatBuffers are little-endian and are read in place"
#endif

/* The kernel for an operator and the type of its first input, or of the one that the kernel goes by; one for just this
 * type goes before one for any type. NULL for none; `known` tells whether the operator exists for other types. */
static const ek_kernel_t *look_up(ek_runtime_t *runtime, const ek_operator_t *operator_, bool *known) {
  int32_t decoded = -1;
  ek_tensor_t tensor;
  const ek_kernel_t *for_any = NULL;
  *known = false;
  for (uint32_t i = 0; i < ek_num_kernels; ++i) {
    const ek_kernel_t *kernel = ek_kernels[i];
    if (kernel->builtin != operator_->builtin) {
      continue;
    }
    const int32_t input = ek_model_tensor_index(&runtime->model, operator_->inputs, kernel->type_input);
    if (input < 0) {
      return NULL;
    }
    if (input != decoded &&
        ek_model_tensor(&runtime->model, (uint32_t)input, &tensor, &runtime->fault) != EK_OK) {
      return NULL;
    }
    decoded = input;
    *known = true;
    if (kernel->type == tensor.type) {
      return kernel;
    }
    for_any = kernel->type == EK_ANY_TYPE ? kernel : for_any;
  }
  return for_any;
}

const ek_kernel_t *ek_runtime_find_kernel(ek_runtime_t *runtime, const ek_operator_t *operator_) {
  bool known;
  return look_up(runtime, operator_, &known);
}

static ek_status_t check_operator(ek_runtime_t *runtime, uint32_t index) {
  ek_call_t call = {.runtime = runtime};
  EK_TRY(ek_model_operator(&runtime->model, index, &call.operator_, &runtime->fault));
  bool known;
  const ek_kernel_t *kernel = look_up(runtime, &call.operator_, &known);
  ek_status_t status;
  if (kernel != NULL) {
    status = kernel->check(&call);
  } else if (runtime->fault.status != EK_OK) {
    status = runtime->fault.status; /* the tensor that would have chosen it is broken */
  } else {
    status = ek_fail(&runtime->fault, EK_UNSUPPORTED, index, EK_NOWHERE,
                     known ? "no kernel for this operator on this input type" : "no kernel for this operator");
  }
  if (status != EK_OK && runtime->fault.operator_index == EK_NOWHERE) {
    runtime->fault.operator_index = (uint16_t)index; /* found while decoding a tensor, which does not know its user */
  }
  return status == EK_OK ? EK_OK : ek_fail(&runtime->fault, status, index, EK_NOWHERE, "broken operator");
}

static void clear_fault(ek_runtime_t *runtime) {
  runtime->fault.status = EK_OK;
  runtime->fault.operator_index = EK_NOWHERE;
  runtime->fault.tensor_index = EK_NOWHERE;
  runtime->fault.message = "";
}

/* Adds an operator that was checked to the work of one inference. */
static EK_OWN_FRAME ek_status_t add_work(ek_runtime_t *runtime, uint32_t index) {
  ek_call_t call;
  uint64_t steps;
  call.runtime = runtime;
  EK_TRY(ek_model_operator(&runtime->model, index, &call.operator_, &runtime->fault));
  EK_TRY(ek_work(&call, &steps));
  runtime->work += steps;
  return runtime->work <= EK_MAX_WORK
             ? EK_OK
             : ek_fail(&runtime->fault, EK_UNSUPPORTED, index, EK_NOWHERE, "one inference would take too long");
}

static ek_status_t load(ek_runtime_t *runtime, const uint8_t *model, uint32_t model_size) {
  EK_TRY(ek_model_open(&runtime->model, model, model_size, &runtime->fault));
  for (uint32_t i = 0; i < runtime->model.operators.length; ++i) {
    EK_TRY(check_operator(runtime, i));
    EK_TRY(add_work(runtime, i));
  }
  return ek_plan(runtime, ek_runtime_find_kernel);
}

ek_status_t ek_runtime_load(ek_runtime_t *runtime, const uint8_t *model, uint32_t model_size, uint8_t *arena,
                            uint32_t arena_size) {
  memset(runtime, 0, sizeof *runtime);
  clear_fault(runtime);
  runtime->arena = arena;
  runtime->arena_size = arena_size;
  const ek_status_t status = load(runtime, model, model_size);
  if (status != EK_OK) {
    const uint32_t wanted = status == EK_NO_MEMORY ? runtime->arena_used : 0u;
    memset(&runtime->model, 0, sizeof runtime->model);
    runtime->arena_used = wanted; /* tells how much would have been enough */
  }
  return status;
}

ek_status_t ek_runtime_check(ek_runtime_t *runtime, const uint8_t *model, uint32_t model_size, uint32_t index) {
  memset(runtime, 0, sizeof *runtime);
  clear_fault(runtime);
  EK_TRY(ek_model_open(&runtime->model, model, model_size, &runtime->fault));
  return check_operator(runtime, index);
}

ek_status_t ek_runtime_run(ek_runtime_t *runtime, uint32_t first, uint32_t count) {
  const uint32_t num_operators = runtime->model.operators.length;
  clear_fault(runtime);
  if (first > num_operators || (count != EK_ALL_OPERATORS && count > num_operators - first)) {
    return ek_fail(&runtime->fault, EK_BAD_RANGE, EK_NOWHERE, EK_NOWHERE, "no such operators in the model");
  }
  const uint32_t end = count == EK_ALL_OPERATORS ? num_operators : first + count;
  ek_call_t call = {.runtime = runtime};
  for (uint32_t i = first; i < end; ++i) {
    EK_TRY(ek_model_operator(&runtime->model, i, &call.operator_, &runtime->fault));
    const ek_kernel_t *kernel = ek_runtime_find_kernel(runtime, &call.operator_);
    if (kernel == NULL) {
      return ek_fail(&runtime->fault, EK_UNSUPPORTED, i, EK_NOWHERE, "no kernel for this operator");
    }
    call.scratch = ek_plan_scratch(runtime, i);
    EK_TRY(kernel->run(&call));
  }
  return EK_OK;
}

ek_status_t ek_runtime_tensor(ek_runtime_t *runtime, uint32_t index, ek_tensor_t *tensor) {
  if (index >= runtime->model.tensors.length) {
    return ek_fail(&runtime->fault, EK_BAD_RANGE, EK_NOWHERE, index, "no such tensor in the model");
  }
  EK_TRY(ek_model_tensor(&runtime->model, index, tensor, &runtime->fault));
  if (!tensor->is_constant && runtime->arena_used != 0u) {
    const uint32_t place = ek_load_u32(runtime->arena + sizeof(uint32_t) * index);
    tensor->data = place == EK_NO_PLACE ? NULL : runtime->arena + place;
  }
  return EK_OK;
}

static ek_status_t tensor_of_list(ek_runtime_t *runtime, ek_vector_t list, uint32_t position, ek_tensor_t *tensor) {
  clear_fault(runtime);
  const int32_t index = ek_model_tensor_index(&runtime->model, list, position);
  if (index < 0) {
    return ek_fail(&runtime->fault, EK_BAD_RANGE, EK_NOWHERE, EK_NOWHERE, "no such input or output in the model");
  }
  return ek_runtime_tensor(runtime, (uint32_t)index, tensor);
}

ek_status_t ek_runtime_input(ek_runtime_t *runtime, uint32_t position, ek_tensor_t *tensor) {
  return tensor_of_list(runtime, runtime->model.inputs, position, tensor);
}

ek_status_t ek_runtime_output(ek_runtime_t *runtime, uint32_t position, ek_tensor_t *tensor) {
  return tensor_of_list(runtime, runtime->model.outputs, position, tensor);
}
