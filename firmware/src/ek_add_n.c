/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_add_n.h"

static bool are_alike(const ek_tensor_t *a, const ek_tensor_t *b) {
  return a->type == b->type && a->rank == b->rank && memcmp(a->dims, b->dims, sizeof a->dims) == 0 &&
         a->num_scales == b->num_scales && a->scale == b->scale && a->zero_point == b->zero_point;
}

ek_status_t ek_add_n_check(ek_call_t *call, ek_type_t type) {
  ek_tensor_t first;
  ek_tensor_t other;
  EK_TRY(ek_call_input(call, 0u, &first));
  if (call->operator_.inputs.length < 2u) {
    return ek_call_reject(call, "fewer than two inputs");
  }
  if (call->operator_.inputs.length > EK_ADD_N_MAX_INPUTS) {
    return ek_call_refuse(call, "more than 64 inputs");
  }
  for (uint32_t i = 1u; i < call->operator_.inputs.length; ++i) {
    EK_TRY(ek_call_input(call, i, &other));
    if (!are_alike(&first, &other)) {
      return ek_call_refuse(call, "inputs that differ in shape, type or scale");
    }
  }
  EK_TRY(ek_call_output(call, 0u, &other));
  if (other.type != (uint8_t)type || other.num_elements != first.num_elements) {
    return ek_call_reject(call, "input and output differ in type or size");
  }
  return EK_OK;
}

ek_status_t ek_add_n_decode(ek_call_t *call, ek_add_n_t *operands) {
  ek_tensor_t tensor;
  operands->num_inputs = call->operator_.inputs.length;
  for (uint32_t i = 0; i < operands->num_inputs; ++i) {
    EK_TRY(ek_call_input(call, i, &tensor));
    operands->inputs[i] = tensor.data;
    operands->scale = tensor.scale;
    operands->zero_point = tensor.zero_point;
  }
  EK_TRY(ek_call_output(call, 0u, &tensor));
  operands->out = tensor.data;
  operands->num_elements = tensor.num_elements;
  operands->output_scale = tensor.scale;
  operands->output_zero = tensor.zero_point;
  return EK_OK;
}
