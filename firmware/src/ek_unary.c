/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_unary.h"

ek_status_t ek_unary_decode(ek_call_t *call, ek_unary_t *unary) {
  EK_TRY(ek_call_input(call, 0u, &unary->input));
  return ek_call_output(call, 0u, &unary->output);
}

static ek_status_t check_quantization(ek_call_t *call, const ek_tensor_t *tensor, ek_type_t type) {
  EK_TRY(ek_call_require_per_tensor(call, tensor, type));
  if (type == EK_INT16 && tensor->zero_point != 0) {
    return ek_call_refuse(call, "an int16 tensor with a zero point other than 0");
  }
  return EK_OK;
}

ek_status_t ek_unary_check(ek_call_t *call, ek_unary_t *unary, ek_type_t type) {
  EK_TRY(ek_unary_decode(call, unary));
  if (unary->input.type != (uint8_t)type || unary->output.type != (uint8_t)type) {
    return ek_call_refuse(call, "the operands are of different types");
  }
  if (type != EK_FLOAT32) {
    EK_TRY(check_quantization(call, &unary->input, type));
    EK_TRY(check_quantization(call, &unary->output, type));
  }
  return unary->input.num_elements == unary->output.num_elements
             ? EK_OK
             : ek_call_reject(call, "input and output differ in size");
}

ek_status_t ek_unary_check_float32(ek_call_t *call) {
  ek_unary_t unary;
  return ek_unary_check(call, &unary, EK_FLOAT32);
}

ek_status_t ek_unary_run_float32(ek_call_t *call, float (*function)(float x)) {
  ek_unary_t unary;
  EK_TRY(ek_unary_decode(call, &unary));
  const uint8_t *in = unary.input.data;
  uint8_t *out = unary.output.data;
  for (uint32_t i = 0; i < unary.output.num_elements; ++i) {
    ek_store_f32(out + sizeof(float) * i, function(ek_load_f32(in + sizeof(float) * i)));
  }
  return EK_OK;
}

void ek_unary_map_integers(const ek_unary_t *unary, int32_t (*function)(const void *context, int32_t value),
                           const void *context) {
  const uint32_t count = unary->output.num_elements;
  if (unary->output.type == EK_INT8) {
    const int8_t *in = (const int8_t *)unary->input.data;
    int8_t *out = (int8_t *)unary->output.data;
    for (uint32_t i = 0; i < count; ++i) {
      out[i] = (int8_t)ek_clamp(function(context, in[i]), INT8_MIN, INT8_MAX);
    }
    return;
  }
  for (uint32_t i = 0; i < count; ++i) {
    int16_t value; /* a constant in the file need not be aligned */
    memcpy(&value, unary->input.data + sizeof value * i, sizeof value);
    value = (int16_t)ek_clamp(function(context, value), INT16_MIN, INT16_MAX);
    memcpy(unary->output.data + sizeof value * i, &value, sizeof value);
  }
}
