/* SPDX-License-Identifier: Apache-2.0 */
/* ADD_N, int8: inputs of one shape, scale s and zero point z.
 *   term(v) = requantize(v · 2^20, 1/2),
 *   out = clamp(z_out + requantize(term(−z) + Σ term(in − z), 2 · s / (2^20 · s_out)))
 * The first term is TFLM's: it starts at the image of zero, which is not zero.
 * Source: tensorflow/lite/micro/kernels/add_n.cc.
 */
#include "ek_add_n.h"

#define LEFT_SHIFT 20

/* After the other checks, so that the stack need not hold the operands of both. */
static EK_OWN_FRAME ek_status_t check_scales(ek_call_t *call) {
  ek_tensor_t first;
  ek_tensor_t output;
  EK_TRY(ek_call_input(call, 0u, &first));
  EK_TRY(ek_call_output(call, 0u, &output));
  EK_TRY(ek_call_require_per_tensor(call, &first, EK_INT8));
  EK_TRY(ek_call_require_per_tensor(call, &output, EK_INT8));
  if (ek_multiplier(first.scale, EK_FLOAT_ONE, output.scale, 1 - LEFT_SHIFT).shift > 0) {
    return ek_call_refuse(call, "an output scale too small for the inputs'");
  }
  return EK_OK;
}

static ek_status_t check(ek_call_t *call) {
  EK_TRY(ek_add_n_check(call, EK_INT8));
  return check_scales(call);
}

static int32_t term(int32_t value) {
  const ek_multiplier_t half = {1 << 30, 0};
  return ek_requantize(value * (1 << LEFT_SHIFT), half);
}

static EK_OWN_FRAME void add_up(const ek_add_n_t *operands) {
  const ek_multiplier_t multiplier =
      ek_multiplier(operands->scale, EK_FLOAT_ONE, operands->output_scale, 1 - LEFT_SHIFT);
  for (uint32_t i = 0; i < operands->num_elements; ++i) {
    int32_t sum = term(-operands->zero_point);
    for (uint32_t input = 0; input < operands->num_inputs; ++input) {
      sum = ek_wrapping_add(sum, term((int8_t)operands->inputs[input][i] - operands->zero_point));
    }
    const int32_t scaled = ek_wrapping_add(ek_requantize(sum, multiplier), operands->output_zero);
    ((int8_t *)operands->out)[i] = (int8_t)ek_clamp(scaled, INT8_MIN, INT8_MAX);
  }
}

static ek_status_t run(ek_call_t *call) {
  ek_add_n_t operands;
  EK_TRY(ek_add_n_decode(call, &operands));
  add_up(&operands);
  return EK_OK;
}

const ek_kernel_t ek_add_n_int8 = {.name = "ADD_N",
                                   .builtin = 106,
                                   .type = EK_INT8,
                                   .check = EK_AT_LOAD(check),
                                   .run = run,
                                   .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
