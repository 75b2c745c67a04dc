/* SPDX-License-Identifier: Apache-2.0 */
/* The output is filled with the value of the third input, or with zero, and the input is put into its middle. */
#include "ek_pad.h"

enum { INPUT_VALUE = 2 };

int32_t ek_pad_before(const ek_tensor_t *amounts, uint32_t axis) { return (int32_t)ek_integer(amounts, 2u * axis); }

int32_t ek_pad_after(const ek_tensor_t *amounts, uint32_t axis) {
  return (int32_t)ek_integer(amounts, 2u * axis + 1u);
}

ek_status_t ek_pad_amounts(ek_call_t *call, uint32_t position, const ek_tensor_t *input, const ek_tensor_t *output,
                           ek_tensor_t *amounts) {
  EK_TRY(ek_call_constants(call, position, 2u * input->rank, amounts));
  if (output->rank != input->rank) {
    return ek_call_reject(call, "padding does not change the rank");
  }
  for (uint32_t axis = 0; axis < input->rank; ++axis) {
    const int64_t before = ek_integer(amounts, 2u * axis);
    const int64_t after = ek_integer(amounts, 2u * axis + 1u);
    if (before < 0 || after < 0 || before > INT32_MAX || after > INT32_MAX) {
      return ek_call_refuse(call, "a negative padding");
    }
    if (output->dims[axis] != before + input->dims[axis] + after) {
      return ek_call_reject(call, "the output has not the shape that follows from the paddings");
    }
  }
  return EK_OK;
}

static ek_status_t find_value(ek_call_t *call, const ek_tensor_t *output, uint8_t value[8]) {
  ek_tensor_t tensor;
  bool present;
  ek_zero_of(output, value);
  EK_TRY(ek_call_optional_input(call, INPUT_VALUE, &tensor, &present));
  if (!present) {
    return EK_OK;
  }
  if (tensor.type != output->type || tensor.num_elements != 1u) {
    return ek_call_reject(call, "the value to pad with is not one element of the output's type");
  }
  if ((output->type == EK_INT8 || output->type == EK_UINT8) &&
      (tensor.scale != output->scale || tensor.zero_point != output->zero_point)) {
    return ek_call_refuse(call, "a value to pad with that is quantized differently");
  }
  if (tensor.data != NULL) {
    memcpy(value, tensor.data, ek_type_bytes(tensor.type));
  }
  return EK_OK;
}

ek_status_t ek_pad_check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  ek_tensor_t amounts;
  uint8_t value[8];
  EK_TRY(ek_call_moved(call, 0u, &input, &output));
  if (output.type == EK_INT8 && (output.zero_point < INT8_MIN || output.zero_point > INT8_MAX)) {
    return ek_call_reject(call, "a zero point outside int8");
  }
  EK_TRY(find_value(call, &output, value));
  return ek_pad_amounts(call, 1u, &input, &output, &amounts);
}

static EK_OUT_OF_LINE void move_input(const ek_tensor_t *input, const ek_tensor_t *output,
                                      const ek_tensor_t *amounts) {
  int32_t from_steps[EK_MAX_RANK];
  int32_t to_steps[EK_MAX_RANK];
  ek_byte_steps(input, from_steps);
  ek_byte_steps(output, to_steps);
  uint8_t *to = output->data;
  ek_walk_t walk = {.rank = 0u};
  for (uint32_t axis = 0; axis < input->rank; ++axis) {
    to += ek_pad_before(amounts, axis) * to_steps[axis];
    ek_walk_add(&walk, input->dims[axis], from_steps[axis], to_steps[axis]);
  }
  ek_move(&walk, input->data, to, ek_type_bytes(input->type));
}

ek_status_t ek_pad_run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  ek_tensor_t amounts;
  uint8_t value[8];
  EK_TRY(ek_call_moved(call, 0u, &input, &output));
  EK_TRY(ek_call_input(call, 1u, &amounts));
  EK_TRY(find_value(call, &output, value));
  ek_fill(output.data, value, output.num_elements, ek_type_bytes(output.type));
  move_input(&input, &output, &amounts);
  return EK_OK;
}
