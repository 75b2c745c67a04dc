/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_activation.h"

enum { ACTIVATION_NONE = 0, ACTIVATION_RELU = 1, ACTIVATION_RELU_N1_TO_1 = 2, ACTIVATION_RELU6 = 3 };

#define LARGEST_FLOAT 3.402823466e+38f

static int32_t lowest_of(uint8_t type) { return type == EK_INT8 ? INT8_MIN : type == EK_UINT8 ? 0 : INT16_MIN; }

static int32_t highest_of(uint8_t type) {
  return type == EK_INT8 ? INT8_MAX : type == EK_UINT8 ? UINT8_MAX : INT16_MAX;
}

ek_status_t ek_require_quantized(ek_call_t *call, const ek_tensor_t *tensor, ek_type_t type) {
  EK_TRY(ek_call_require_per_tensor(call, tensor, type));
  if (tensor->zero_point < lowest_of(tensor->type) || tensor->zero_point > highest_of(tensor->type)) {
    return ek_call_reject(call, "a zero point outside the type of its tensor");
  }
  return EK_OK;
}

ek_status_t ek_activation_quantized(ek_call_t *call, uint8_t activation, const ek_tensor_t *output, int32_t *low,
                                    int32_t *high) {
  *low = lowest_of(output->type);
  *high = highest_of(output->type);
  if (activation == ACTIVATION_NONE) {
    return EK_OK;
  }
  if (activation > ACTIVATION_RELU6) {
    return ek_call_refuse(call, "this fused activation");
  }
  int32_t steps = 0; /* from zero to the upper bound, which −1…1 has below zero as well */
  if (activation != ACTIVATION_RELU &&
      !ek_float_ratio_rounded(activation == ACTIVATION_RELU6 ? EK_FLOAT_SIX : EK_FLOAT_ONE, output->scale, &steps)) {
    return ek_call_refuse(call, "an output scale too small for its activation");
  }
  const int32_t bottom = output->zero_point - (activation == ACTIVATION_RELU_N1_TO_1 ? steps : 0);
  const int32_t top = output->zero_point + steps;
  *low = bottom > *low ? bottom : *low;
  *high = activation != ACTIVATION_RELU && top < *high ? top : *high;
  return EK_OK;
}

ek_status_t ek_activation_int32(ek_call_t *call, uint8_t activation, int32_t *low, int32_t *high) {
  static const int32_t lows[4] = {INT32_MIN, 0, -1, 0};
  static const int32_t highs[4] = {INT32_MAX, INT32_MAX, 1, 6};
  if (activation > ACTIVATION_RELU6) {
    return ek_call_refuse(call, "this fused activation");
  }
  *low = lows[activation];
  *high = highs[activation];
  return EK_OK;
}

ek_status_t ek_activation_float32(ek_call_t *call, uint8_t activation, float *low, float *high) {
  static const float lows[4] = {-LARGEST_FLOAT, 0.0f, -1.0f, 0.0f};
  static const float highs[4] = {LARGEST_FLOAT, LARGEST_FLOAT, 1.0f, 6.0f};
  if (activation > ACTIVATION_RELU6) {
    return ek_call_refuse(call, "this fused activation");
  }
  *low = lows[activation];
  *high = highs[activation];
  return EK_OK;
}
