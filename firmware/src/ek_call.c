/* SPDX-License-Identifier: Apache-2.0 */
/* What kernels share: reaching operands and options, and the checks that say why a call is refused. */
#include "ek_kernel.h"

enum { ACTIVATION_NONE = 0, ACTIVATION_RELU = 1, ACTIVATION_RELU_N1_TO_1 = 2, ACTIVATION_RELU6 = 3 };

#ifndef EK_RESIDENT
ek_status_t ek_call_refuse(ek_call_t *call, const char *reason) {
  return ek_fail(&call->runtime->fault, EK_UNSUPPORTED, call->operator_.index, EK_NOWHERE, reason);
}

ek_status_t ek_call_reject(ek_call_t *call, const char *reason) {
  return ek_fail(&call->runtime->fault, EK_BAD_MODEL, call->operator_.index, EK_NOWHERE, reason);
}
#endif

ek_status_t ek_call_check(ek_call_t *call, const ek_kernel_t *kernel) {
  const uint32_t expected = kernel->outputs == EK_NO_OUTPUT ? 0u : kernel->outputs == EK_TWO_OUTPUTS ? 2u : 1u;
  if (kernel->outputs != EK_COUNTED_OUTPUTS && call->operator_.outputs.length != expected) {
    return ek_call_reject(call, "another number of outputs than the operator has");
  }
  return kernel->check(call);
}

static ek_status_t require_plain(ek_call_t *call, const ek_tensor_t *tensor) {
  if (tensor->num_elements == 0u) {
    return ek_call_refuse(call, "an operand without elements");
  }
  return tensor->type != EK_INT4 ? EK_OK : ek_call_refuse(call, "int4 other than as the weights of a layer that takes them");
}

/* An operand that the planner has at hand. */
static const ek_tensor_t *kept_input(const ek_call_t *call, uint32_t position) {
  return EK_LOADS_MODELS && position < EK_KEPT_OUTPUT ? call->runtime->operands[position] : NULL;
}

static ek_status_t fetch(ek_call_t *call, int32_t index, ek_tensor_t *tensor) {
  EK_TRY(ek_runtime_tensor(call->runtime, (uint32_t)index, tensor));
  return require_plain(call, tensor);
}

ek_status_t ek_call_optional_input(ek_call_t *call, uint32_t position, ek_tensor_t *tensor, bool *present) {
  *present = true;
  const ek_tensor_t *kept = kept_input(call, position);
  if (kept != NULL) {
    *tensor = *kept;
    return require_plain(call, kept);
  }
  const int32_t index = ek_model_tensor_index(&call->runtime->model, call->operator_.inputs, position);
  *present = index >= 0;
  return index < 0 ? EK_OK : fetch(call, index, tensor);
}

ek_status_t ek_call_any_input(ek_call_t *call, uint32_t position, ek_tensor_t *tensor) {
  const ek_tensor_t *kept = kept_input(call, position);
  if (kept != NULL) {
    *tensor = *kept;
    return EK_OK;
  }
  const int32_t index = ek_model_tensor_index(&call->runtime->model, call->operator_.inputs, position);
  if (index < 0) {
    return ek_call_reject(call, "an input that the operator needs is missing");
  }
  return ek_runtime_tensor(call->runtime, (uint32_t)index, tensor);
}

ek_status_t ek_call_weights(ek_call_t *call, uint32_t position, ek_tensor_t *tensor) {
  EK_TRY(ek_call_any_input(call, position, tensor));
  return tensor->type == EK_INT4 && tensor->num_elements > 0u && tensor->is_constant ? EK_OK
                                                                                     : require_plain(call, tensor);
}

ek_status_t ek_call_input(ek_call_t *call, uint32_t position, ek_tensor_t *tensor) {
  bool present;
  EK_TRY(ek_call_optional_input(call, position, tensor, &present));
  return present ? EK_OK : ek_call_reject(call, "an input that the operator needs is missing");
}

ek_status_t ek_call_output(ek_call_t *call, uint32_t position, ek_tensor_t *tensor) {
  const ek_tensor_t *kept = EK_LOADS_MODELS && position == 0u ? call->runtime->operands[EK_KEPT_OUTPUT] : NULL;
  if (kept != NULL) {
    *tensor = *kept;
    return require_plain(call, kept);
  }
  const int32_t index = ek_model_tensor_index(&call->runtime->model, call->operator_.outputs, position);
  return index < 0 ? ek_call_reject(call, "an output that the operator needs is missing") : fetch(call, index, tensor);
}

ek_status_t ek_call_option_u8(ek_call_t *call, uint32_t id, uint8_t absent, uint8_t *value) {
  uint32_t position;
  EK_TRY(ek_model_option(&call->runtime->model, call->operator_.options, id, 1u, &position));
  *value = position == 0u ? absent : call->runtime->model.file.bytes[position];
  return EK_OK;
}

ek_status_t ek_call_option_i32(ek_call_t *call, uint32_t id, int32_t absent, int32_t *value) {
  uint32_t position;
  EK_TRY(ek_model_option(&call->runtime->model, call->operator_.options, id, 4u, &position));
  *value = position == 0u ? absent : ek_load_i32(call->runtime->model.file.bytes + position);
  return EK_OK;
}

ek_status_t ek_call_byte_options(ek_call_t *call, uint32_t count, uint8_t *values) {
  ek_model_t *model = &call->runtime->model;
  const uint32_t options = call->operator_.options;
  const ek_layout_t *layout = NULL;
  if (options != 0u) {
    layout = ek_fb_enter(&model->file, options, ek_model_widths[EK_OF_OPTIONS], &model->layouts[EK_OF_OPTIONS]);
    if (layout == NULL) {
      return EK_BAD_MODEL;
    }
  }
  for (uint32_t id = 0; id < count; ++id) {
    const uint32_t at = layout == NULL ? 0u : layout->at[id];
    values[id] = 0u;
    if (at != 0u) {
      if (at < 4u || at >= layout->table_bytes) {
        return EK_BAD_MODEL;
      }
      values[id] = model->file.bytes[options + at];
    }
  }
  return EK_OK;
}

ek_status_t ek_call_require_per_tensor(ek_call_t *call, const ek_tensor_t *tensor, ek_type_t type) {
  if (tensor->type != (uint8_t)type) {
    return ek_call_refuse(call, "the operands are of different types");
  }
  if (tensor->num_scales != 1u) {
    return ek_call_refuse(call, "an operand needs exactly one scale and zero point");
  }
  if (type == EK_INT8 && (tensor->zero_point < INT8_MIN || tensor->zero_point > INT8_MAX)) {
    return ek_call_reject(call, "a zero point outside int8");
  }
  return EK_OK;
}

ek_status_t ek_call_require_weights(ek_call_t *call, const ek_tensor_t *weights, uint32_t dimension) {
  if (weights->type != EK_INT8 && weights->type != EK_INT4) {
    return ek_call_refuse(call, "weights that are neither int8 nor int4");
  }
  if (dimension >= weights->rank) {
    return ek_call_reject(call, "weights of too low a rank");
  }
  const bool per_channel = weights->num_scales > 1u;
  if (weights->num_scales == 0u ||
      (per_channel && (weights->num_scales != (uint32_t)weights->dims[dimension] ||
                       weights->quantized_dimension != dimension))) {
    return ek_call_refuse(call, "weights need one scale, or one for each output channel");
  }
  if (!ek_model_scales_are_sound(weights)) {
    return ek_call_reject(call, "a scale that is not a positive number");
  }
  return EK_OK;
}

ek_status_t ek_call_require_bias(ek_call_t *call, const ek_tensor_t *bias, int32_t length) {
  if (bias->type != EK_INT32) {
    return ek_call_refuse(call, "a bias that is not int32");
  }
  return bias->num_elements == (uint32_t)length ? EK_OK : ek_call_reject(call, "a bias of another length");
}

/* zero_point + round(bound / scale), or a fault where TFLite refuses the overflow. */
static ek_status_t quantize_bound(ek_call_t *call, uint32_t bound, const ek_tensor_t *output, int32_t sign,
                                  int32_t *quantized) {
  int32_t steps;
  if (!ek_float_ratio_rounded(bound, output->scale, &steps)) {
    return ek_call_refuse(call, "an output scale too small for its activation");
  }
  *quantized = output->zero_point + sign * steps;
  return EK_OK;
}

ek_status_t ek_call_activation_int8(ek_call_t *call, uint8_t activation, const ek_tensor_t *output, int32_t *low,
                                    int32_t *high) {
  *low = INT8_MIN;
  *high = INT8_MAX;
  int32_t bound = 0;
  switch (activation) {
    case ACTIVATION_NONE:
      return EK_OK;
    case ACTIVATION_RELU:
      *low = output->zero_point;
      return EK_OK;
    case ACTIVATION_RELU6:
      EK_TRY(quantize_bound(call, EK_FLOAT_SIX, output, 1, &bound));
      *low = output->zero_point;
      *high = bound < INT8_MAX ? bound : INT8_MAX;
      return EK_OK;
    case ACTIVATION_RELU_N1_TO_1:
      EK_TRY(quantize_bound(call, EK_FLOAT_ONE, output, -1, &bound));
      *low = bound > INT8_MIN ? bound : INT8_MIN;
      EK_TRY(quantize_bound(call, EK_FLOAT_ONE, output, 1, &bound));
      *high = bound < INT8_MAX ? bound : INT8_MAX;
      return EK_OK;
    default:
      return ek_call_refuse(call, "this fused activation");
  }
}

ek_multiplier_t ek_channel_multiplier(const ek_tensor_t *input, const ek_tensor_t *weights, const ek_tensor_t *output,
                                      uint32_t channel) {
  const uint32_t scale =
      weights->num_scales > 1u ? ek_load_u32(weights->scales + 4u * channel) : weights->scale;
  return ek_multiplier(input->scale, scale, output->scale, 0);
}

ek_multiplier_t ek_tensor_multiplier(const ek_tensor_t *input, const ek_tensor_t *weights, const ek_tensor_t *output) {
  return ek_multiplier(ek_float_product(input->scale, weights->scale), EK_FLOAT_ONE, output->scale, 0);
}

ek_status_t ek_overlap_elementwise(ek_call_t *call, uint32_t input, uint32_t *lag) {
  ek_tensor_t in;
  ek_tensor_t out;
  EK_TRY(ek_call_input(call, input, &in));
  EK_TRY(ek_call_output(call, 0u, &out));
  if (in.num_elements != out.num_elements) {
    *lag = EK_NO_OVERLAP;
    return EK_OK;
  }
  /* After element i, out has grown by (i + 1) · out_bytes and in is needed from (i + 1) · in_bytes on. */
  *lag = out.num_bytes > in.num_bytes ? out.num_bytes - in.num_bytes : 0u;
  return EK_OK;
}
