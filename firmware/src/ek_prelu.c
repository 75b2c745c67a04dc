/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_prelu.h"

#include "ek_activation.h"

/* Bits of the largest difference from a zero point, without its sign. */
enum { BITS_OF_INT8 = 8, BITS_OF_INT16 = 16 };

static ek_status_t decode(ek_call_t *call, ek_binary_t *operands, ek_prelu_t *prelu) {
  EK_TRY(ek_binary_decode(call, operands));
  prelu->positive = ek_multiplier(operands->in1.scale, EK_FLOAT_ONE, operands->output.scale, 0);
  prelu->negative = ek_multiplier(operands->in1.scale, operands->in2.scale, operands->output.scale, 0);
  prelu->zero_in = operands->in1.zero_point;
  prelu->zero_alpha = operands->in2.zero_point;
  prelu->zero_out = operands->output.zero_point;
  return ek_activation_quantized(call, 0u, &operands->output, &prelu->low, &prelu->high);
}

ek_status_t ek_prelu_check(ek_call_t *call, ek_type_t type) {
  ek_binary_t operands;
  ek_prelu_t prelu;
  EK_TRY(decode(call, &operands, &prelu));
  EK_TRY(ek_binary_check_mixed(call, &operands, type, EK_INT8, type));
  EK_TRY(ek_require_quantized(call, &operands.in1, type));
  EK_TRY(ek_require_quantized(call, &operands.in2, EK_INT8));
  EK_TRY(ek_require_quantized(call, &operands.output, type));
  /* Farther to the left than this, products leave the int32 that the reference keeps them in. */
  const int32_t bits = type == EK_INT8 ? BITS_OF_INT8 : BITS_OF_INT16;
  return prelu.positive.shift > 31 - bits || prelu.negative.shift > 31 - bits - BITS_OF_INT8
             ? ek_call_refuse(call, "an output scale too small for the input's")
             : EK_OK;
}

/* In a frame of its own, so that the tensors leave the stack before the loops run. */
static EK_OWN_FRAME ek_status_t parameters(ek_call_t *call, ek_prelu_t *prelu) {
  ek_binary_t operands;
  return decode(call, &operands, prelu);
}

ek_status_t ek_prelu_run(ek_call_t *call, ek_row_function_t row) {
  ek_prelu_t prelu;
  EK_TRY(parameters(call, &prelu));
  return ek_binary_run(call, row, &prelu);
}

int32_t ek_prelu_of(const ek_prelu_t *prelu, int32_t in, int32_t alpha) {
  const int32_t difference = in - prelu->zero_in;
  const int32_t scaled = difference >= 0
                             ? ek_requantize(difference, prelu->positive)
                             : ek_requantize(difference * (alpha - prelu->zero_alpha), prelu->negative);
  return ek_clamp(ek_wrapping_add(scaled, prelu->zero_out), prelu->low, prelu->high);
}
