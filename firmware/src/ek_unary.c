/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_unary.h"

#include "ek_activation.h"

ek_status_t ek_unary_decode(ek_call_t *call, ek_unary_t *unary) {
  EK_TRY(ek_call_input(call, 0u, &unary->input));
  return ek_call_output(call, 0u, &unary->output);
}

static ek_status_t check_quantization(ek_call_t *call, const ek_tensor_t *tensor, ek_type_t type) {
  EK_TRY(ek_require_quantized(call, tensor, type));
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

ek_status_t ek_unary_check_quantized(ek_call_t *call, ek_unary_t *unary) {
  EK_TRY(ek_call_input(call, 0u, &unary->input));
  return ek_unary_check(call, unary, unary->input.type == EK_INT8 ? EK_INT8 : EK_INT16);
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

/* From how many elements on a table is worth its making and its place. */
#define TABLE_PAYS 1024u
#define TABLE_BYTES 256u

ek_status_t ek_unary_scratch(ek_call_t *call, uint32_t *num_bytes) {
  ek_tensor_t input;
  EK_TRY(ek_call_input(call, 0u, &input));
  *num_bytes = input.type == EK_INT8 && input.num_elements >= TABLE_PAYS ? TABLE_BYTES : 0u;
  return EK_OK;
}

static int8_t result_int8(ek_unary_integer_t function, const void *context, int8_t value) {
  return (int8_t)ek_clamp(function(context, value), INT8_MIN, INT8_MAX);
}

static void run_int8(const ek_unary_t *unary, int8_t *table, ek_unary_integer_t function, const void *context) {
  const uint32_t count = unary->output.num_elements;
  const int8_t *in = (const int8_t *)unary->input.data;
  int8_t *out = (int8_t *)unary->output.data;
  if (table == NULL) {
    for (uint32_t i = 0; i < count; ++i) {
      out[i] = result_int8(function, context, in[i]);
    }
    return;
  }
  for (int32_t value = INT8_MIN; value <= INT8_MAX; ++value) {
    table[value - INT8_MIN] = result_int8(function, context, (int8_t)value);
  }
  for (uint32_t i = 0; i < count; ++i) {
    out[i] = table[in[i] - INT8_MIN];
  }
}

void ek_unary_run_integers(ek_call_t *call, const ek_unary_t *unary, ek_unary_integer_t function,
                           const void *context) {
  if (unary->output.type == EK_INT8) {
    run_int8(unary, (int8_t *)call->scratch, function, context);
    return;
  }
  for (uint32_t i = 0; i < unary->output.num_elements; ++i) {
    int16_t value; /* a constant in the file need not be aligned */
    memcpy(&value, unary->input.data + sizeof value * i, sizeof value);
    value = (int16_t)ek_clamp(function(context, value), INT16_MIN, INT16_MAX);
    memcpy(unary->output.data + sizeof value * i, &value, sizeof value);
  }
}
