/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_conv.h"

#include "ek_activation.h"

enum { OPTION_PADDING = 0, OPTION_STRIDE_W = 1, OPTION_STRIDE_H = 2 };
/* DepthwiseConv2DOptions has depth_multiplier before these; the shapes say it again, so it is not read. */
enum { CONV_ACTIVATION = 3, DEPTHWISE_ACTIVATION = 4 };

static ek_status_t decode(ek_call_t *call, ek_conv_t *conv, uint32_t activation_id) {
  uint8_t padding;
  ek_window_t *window = &conv->window;
  EK_TRY(ek_call_input(call, 0u, &conv->input));
  EK_TRY(ek_call_weights(call, 1u, &conv->weights));
  EK_TRY(ek_call_optional_input(call, 2u, &conv->bias, &conv->has_bias));
  EK_TRY(ek_call_output(call, 0u, &conv->output));
  EK_TRY(ek_call_option_u8(call, OPTION_PADDING, 0u, &padding));
  EK_TRY(ek_call_option_i32(call, OPTION_STRIDE_W, 0, &window->stride_w));
  EK_TRY(ek_call_option_i32(call, OPTION_STRIDE_H, 0, &window->stride_h));
  EK_TRY(ek_call_option_u8(call, activation_id, 0u, &conv->activation));
  EK_TRY(ek_call_option_i32(call, activation_id + 1u, 1, &window->dilation_w));
  EK_TRY(ek_call_option_i32(call, activation_id + 2u, 1, &window->dilation_h));
  if (conv->weights.rank != 4u) {
    return ek_call_reject(call, "weights must have rank 4");
  }
  window->filter_h = conv->weights.dims[1];
  window->filter_w = conv->weights.dims[2];
  return ek_window_init(call, window, padding, &conv->input, &conv->output);
}

ek_status_t ek_conv_decode(ek_call_t *call, ek_conv_t *conv) {
  EK_TRY(decode(call, conv, CONV_ACTIVATION));
  const int32_t channels = conv->weights.dims[0];
  const int32_t group_depth = conv->weights.dims[3];
  if (conv->output.dims[3] != channels || conv->input.dims[3] % group_depth != 0 ||
      channels % (conv->input.dims[3] / group_depth) != 0) {
    return ek_call_reject(call, "the channels of input, weights and output do not fit together");
  }
  return EK_OK;
}

ek_status_t ek_depthwise_decode(ek_call_t *call, ek_conv_t *conv) {
  EK_TRY(decode(call, conv, DEPTHWISE_ACTIVATION));
  const int32_t channels = conv->weights.dims[3];
  if (conv->weights.dims[0] != 1 || conv->output.dims[3] != channels || channels % conv->input.dims[3] != 0) {
    return ek_call_reject(call, "the channels of input, weights and output do not fit together");
  }
  return EK_OK;
}

/* With one output pixel each multiplier is used once: no table. */
static uint32_t table_bytes(const ek_conv_t *conv) {
  const uint32_t pixels = conv->output.num_elements / (uint32_t)conv->output.dims[3];
  return pixels > 1u ? conv->weights.num_scales * (uint32_t)sizeof(ek_multiplier_t) : 0u;
}

static uint32_t lag_of(const ek_conv_t *conv, uint32_t input) {
  const uint32_t element_bytes = ek_type_bytes(conv->input.type);
  return input != 0u ? EK_NO_OVERLAP
                     : ek_window_lag(&conv->window, (uint32_t)conv->input.dims[0],
                                     (uint32_t)conv->input.dims[3] * element_bytes,
                                     (uint32_t)conv->output.dims[3] * element_bytes);
}

ek_status_t ek_conv_scratch(ek_call_t *call, uint32_t *num_bytes) {
  ek_conv_t conv;
  EK_TRY(ek_conv_decode(call, &conv));
  *num_bytes = table_bytes(&conv);
  return EK_OK;
}

ek_status_t ek_depthwise_scratch(ek_call_t *call, uint32_t *num_bytes) {
  ek_conv_t conv;
  EK_TRY(ek_depthwise_decode(call, &conv));
  *num_bytes = table_bytes(&conv);
  return EK_OK;
}

ek_status_t ek_conv_overlap(ek_call_t *call, uint32_t input, uint32_t *lag) {
  ek_conv_t conv;
  EK_TRY(ek_conv_decode(call, &conv));
  *lag = lag_of(&conv, input);
  return EK_OK;
}

ek_status_t ek_depthwise_overlap(ek_call_t *call, uint32_t input, uint32_t *lag) {
  ek_conv_t conv;
  EK_TRY(ek_depthwise_decode(call, &conv));
  *lag = lag_of(&conv, input);
  return EK_OK;
}

const ek_multiplier_t *ek_conv_multipliers(const ek_conv_t *conv, uint8_t *scratch) {
  if (scratch == NULL) {
    return NULL;
  }
  ek_multiplier_t *table = (ek_multiplier_t *)(void *)scratch;
  for (uint32_t i = 0; i < conv->weights.num_scales; ++i) {
    table[i] = ek_channel_multiplier(&conv->input, &conv->weights, &conv->output, i);
  }
  return table;
}

ek_status_t ek_conv_check_int16(ek_call_t *call, const ek_conv_t *conv, uint32_t channel_axis, bool narrow_bias) {
  EK_TRY(ek_call_require_per_tensor(call, &conv->input, EK_INT16));
  EK_TRY(ek_call_require_per_tensor(call, &conv->output, EK_INT16));
  EK_TRY(ek_call_require_weights(call, &conv->weights, channel_axis));
  if (conv->weights.type != EK_INT8) {
    return ek_call_refuse(call, "weights that are not int8");
  }
  if (conv->input.zero_point != 0 || conv->output.zero_point != 0) {
    return ek_call_refuse(call, "int16 with a zero point other than 0");
  }
  for (uint32_t i = 0; i < conv->weights.num_scales; ++i) {
    if (ek_channel_multiplier(&conv->input, &conv->weights, &conv->output, i).shift > EK_WIDE_MAX_SHIFT) {
      return ek_call_refuse(call, "an output scale too small for its input and weights");
    }
  }
  if (!conv->has_bias) {
    return EK_OK;
  }
  if (conv->bias.type != EK_INT64 && !(narrow_bias && conv->bias.type == EK_INT32)) {
    return ek_call_refuse(call, "a bias of this type");
  }
  return conv->bias.num_elements == (uint32_t)conv->output.dims[3]
             ? EK_OK
             : ek_call_reject(call, "a bias of another length");
}

ek_status_t ek_conv_check_uint8(ek_call_t *call, const ek_conv_t *conv) {
  EK_TRY(ek_require_quantized(call, &conv->input, EK_UINT8));
  EK_TRY(ek_require_quantized(call, &conv->weights, EK_UINT8));
  EK_TRY(ek_require_quantized(call, &conv->output, EK_UINT8));
  return conv->has_bias ? ek_call_require_bias(call, &conv->bias, conv->output.dims[3]) : EK_OK;
}

ek_status_t ek_conv_check_float32(ek_call_t *call, const ek_conv_t *conv) {
  if (conv->input.type != EK_FLOAT32 || conv->output.type != EK_FLOAT32 || conv->weights.type != EK_FLOAT32 ||
      (conv->has_bias && conv->bias.type != EK_FLOAT32)) {
    return ek_call_refuse(call, "the operands are of different types");
  }
  return !conv->has_bias || conv->bias.num_elements == (uint32_t)conv->output.dims[3]
             ? EK_OK
             : ek_call_reject(call, "a bias of another length");
}
