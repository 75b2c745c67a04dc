/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_control.h"

#include "ek_plan.h"

ek_status_t ek_control_callee(ek_call_t *call, uint32_t id, uint32_t *subgraph) {
  int32_t index;
  EK_TRY(ek_call_option_i32(call, id, 0, &index));
  if (index <= 0 || (uint32_t)index >= call->runtime->model.subgraphs.length) {
    return ek_call_reject(call, "it calls a subgraph that does not exist, or the main one");
  }
  *subgraph = (uint32_t)index;
  return EK_OK;
}

/* Decodes a tensor of another subgraph and comes back, whether it succeeds or not. */
static EK_OWN_FRAME ek_status_t look_into(ek_call_t *call, uint32_t subgraph, ek_side_t side, uint32_t position,
                                          ek_tensor_t *tensor, uint32_t *length) {
  ek_model_t *model = &call->runtime->model;
  ek_fault_t *fault = &call->runtime->fault;
  const uint32_t home = model->subgraph;
  ek_status_t status = ek_model_enter(model, subgraph, fault);
  if (status == EK_OK) {
    const ek_vector_t list = side == EK_CALLEE_INPUTS ? model->inputs : model->outputs;
    const int32_t index = ek_model_tensor_index(model, list, position);
    *length = list.length;
    status = index < 0 ? EK_OK : ek_model_tensor(model, (uint32_t)index, tensor, fault);
  }
  EK_TRY(ek_model_enter(model, home, fault));
  return status;
}

ek_status_t ek_control_check(ek_call_t *call, uint32_t subgraph, ek_side_t side, ek_vector_t list, uint32_t skip) {
  ek_runtime_t *runtime = call->runtime;
  ek_tensor_t inside;
  ek_tensor_t outside;
  uint32_t length = 0u;
  for (uint32_t i = 0; i < EK_MAX_OPERANDS + 1u; ++i) {
    EK_TRY(look_into(call, subgraph, side, i, &inside, &length));
    if (list.length < skip || length != list.length - skip) {
      return ek_call_reject(call, "the subgraph takes or gives another number of tensors");
    }
    if (i == length) {
      break;
    }
    const int32_t index = ek_model_tensor_index(&runtime->model, list, skip + i);
    if (index < 0) {
      return ek_call_reject(call, "an operand of a subgraph is missing");
    }
    EK_TRY(ek_runtime_tensor(runtime, (uint32_t)index, &outside));
    if (inside.type != outside.type || inside.num_bytes != outside.num_bytes) {
      return ek_call_refuse(call, "the subgraph's tensors have other types or sizes");
    }
  }
  return EK_OK;
}

/* A view of a tensor of the callee, whose plan begins at the operator's working memory. */
static EK_OWN_FRAME ek_status_t view(ek_call_t *call, uint32_t subgraph, ek_side_t side, uint32_t position,
                                     ek_tensor_t *tensor) {
  ek_runtime_t *runtime = call->runtime;
  const uint32_t home = runtime->model.subgraph;
  const uint32_t home_base = runtime->base;
  EK_TRY(ek_runtime_enter(runtime, subgraph, call->scratch == NULL ? 0u : (uint32_t)(call->scratch - runtime->arena)));
  const ek_vector_t list = side == EK_CALLEE_INPUTS ? runtime->model.inputs : runtime->model.outputs;
  const int32_t index = ek_model_tensor_index(&runtime->model, list, position);
  EK_TRY(ek_runtime_tensor(runtime, (uint32_t)index, tensor)); /* a failure ends the inference, wherever it is */
  return ek_runtime_enter(runtime, home, home_base);
}

ek_status_t ek_control_copy(ek_call_t *call, uint32_t subgraph, ek_side_t side, ek_vector_t list, uint32_t skip) {
  ek_runtime_t *runtime = call->runtime;
  ek_tensor_t inside;
  ek_tensor_t outside;
  for (uint32_t i = 0; i + skip < list.length; ++i) {
    const int32_t index = ek_model_tensor_index(&runtime->model, list, skip + i);
    EK_TRY(view(call, subgraph, side, i, &inside));
    EK_TRY(ek_runtime_tensor(runtime, (uint32_t)index, &outside));
    if (side == EK_CALLEE_INPUTS) {
      memcpy(inside.data, outside.data, inside.num_bytes);
    } else {
      memcpy(outside.data, inside.data, inside.num_bytes);
    }
  }
  return EK_OK;
}

ek_status_t ek_control_condition(ek_call_t *call, bool *is_true) {
  ek_tensor_t tensor;
  EK_TRY(ek_call_input(call, 0u, &tensor));
  *is_true = *tensor.data != 0u;
  return EK_OK;
}

ek_status_t ek_control_callee_condition(ek_call_t *call, uint32_t subgraph, bool *is_true) {
  ek_tensor_t tensor;
  EK_TRY(view(call, subgraph, EK_CALLEE_OUTPUTS, 0u, &tensor));
  *is_true = *tensor.data != 0u;
  return EK_OK;
}

ek_status_t ek_control_check_condition(ek_call_t *call, uint32_t subgraph) {
  ek_tensor_t tensor;
  uint32_t length = 0u;
  EK_TRY(look_into(call, subgraph, EK_CALLEE_OUTPUTS, 0u, &tensor, &length));
  if (length != 1u || tensor.type != EK_BOOL || tensor.num_elements != 1u) {
    return ek_call_refuse(call, "a condition must be one bool");
  }
  return EK_OK;
}

ek_status_t ek_control_scratch(ek_call_t *call, uint32_t first, uint32_t second, uint32_t *num_bytes) {
  const uint32_t a = ek_plan_entry(call->runtime, first)->bytes;
  const uint32_t b = ek_plan_entry(call->runtime, second)->bytes;
  *num_bytes = a > b ? a : b;
  return EK_OK;
}
