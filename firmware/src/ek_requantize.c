/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_requantize.h"

#include "ek_access.h"

static bool fits(const ek_tensor_t *tensor) {
  const int32_t zero_point = tensor->zero_point;
  switch (tensor->type) {
    case EK_INT8:
      return zero_point >= INT8_MIN && zero_point <= INT8_MAX;
    case EK_UINT8:
      return zero_point >= 0 && zero_point <= UINT8_MAX;
    case EK_INT16:
      return zero_point >= INT16_MIN && zero_point <= INT16_MAX;
    default:
      return true;
  }
}

ek_status_t ek_requantize_decode(ek_call_t *call, ek_requantize_t *operands, ek_type_t type, uint32_t output_types) {
  ek_tensor_t *input = &operands->input;
  ek_tensor_t *output = &operands->output;
  EK_TRY(ek_call_input(call, 0u, input));
  EK_TRY(ek_call_output(call, 0u, output));
  if (output->type > 31u || (EK_TYPE_BIT(output->type) & output_types) == 0u) {
    return ek_call_refuse(call, "no conversion to the output's type");
  }
  if (type != EK_FLOAT32) {
    EK_TRY(ek_call_require_per_tensor(call, input, type));
  }
  EK_TRY(ek_call_require_per_tensor(call, output, (ek_type_t)output->type));
  if (!fits(input) || !fits(output)) {
    return ek_call_reject(call, "a zero point outside the type of its tensor");
  }
  if (input->num_elements != output->num_elements) {
    return ek_call_reject(call, "input and output differ in size");
  }
  if (type != EK_FLOAT32) {
    operands->multiplier = ek_multiplier(input->scale, EK_FLOAT_ONE, output->scale, 0);
  }
  return EK_OK;
}

void ek_store_clamped(const ek_tensor_t *output, uint32_t index, int32_t value) {
  switch (output->type) {
    case EK_INT8:
      ((int8_t *)output->data)[index] = (int8_t)ek_clamp(value, INT8_MIN, INT8_MAX);
      break;
    case EK_UINT8:
      output->data[index] = (uint8_t)ek_clamp(value, 0, UINT8_MAX);
      break;
    case EK_INT16:
      ek_store_i16(output->data + sizeof(int16_t) * index, (int16_t)ek_clamp(value, INT16_MIN, INT16_MAX));
      break;
    default:
      ek_store_i32(output->data + sizeof value * index, value);
      break;
  }
}
