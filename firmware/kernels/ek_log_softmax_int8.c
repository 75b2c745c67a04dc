/* SPDX-License-Identifier: Apache-2.0 */
/* LOG_SOFTMAX over the last axis, int8 to int8 with scale 1/16 and zero point 127:
 *   out = clamp(127 + 16 · (in − max − log Σ exp(in − max))), differences and logarithm in Q5.26.
 * Source: tensorflow/lite/kernels/internal/reference/log_softmax.h.
 */
#include "ek_softmax.h"

#define OUTPUT_SCALE 0x3D800000u /* 1/16 */
#define OUTPUT_SHIFT 22          /* from Q5.26 to sixteenths */

typedef struct {
  ek_tensor_t input, output;
  ek_softmax_t softmax;
  ek_multiplier_t inverse; /* of the softmax's multiplier: from Q5.26 to units of the input */
} operands_t;

/* 2^(31 − shift) / multiplier, rounded to the 53 bits of a double, half to even, then to 31 bits. */
static ek_multiplier_t invert(ek_multiplier_t multiplier) {
  const uint64_t divisor = (uint32_t)multiplier.multiplier;
  const uint64_t whole = (1ull << 61) / divisor;
  const uint64_t tail = ((1ull << 61) - whole * divisor) << 22;
  const uint64_t quotient = (whole << 22) + tail / divisor;
  const uint64_t rest = tail % divisor;
  const bool up = 2u * rest > divisor || (2u * rest == divisor && (quotient & 1u) != 0u);
  const uint64_t mantissa = (quotient + (up ? 1u : 0u) + (1ull << 21)) >> 22;
  const bool is_one = mantissa == 1ull << 31;
  const ek_multiplier_t inverse = {(int32_t)(is_one ? mantissa >> 1 : mantissa), 1 - multiplier.shift + (is_one ? 1 : 0)};
  return inverse;
}

static ek_status_t decode(ek_call_t *call, operands_t *operands) {
  EK_TRY(ek_call_input(call, 0u, &operands->input));
  EK_TRY(ek_call_output(call, 0u, &operands->output));
  EK_TRY(ek_call_require_per_tensor(call, &operands->input, EK_INT8));
  EK_TRY(ek_call_require_per_tensor(call, &operands->output, EK_INT8));
  EK_TRY(ek_softmax_init(call, &operands->softmax, EK_FLOAT_ONE, operands->input.scale));
  operands->inverse = invert(operands->softmax.multiplier);
  return EK_OK;
}

static ek_status_t check(ek_call_t *call) {
  operands_t operands;
  EK_TRY(decode(call, &operands));
  if (operands.inverse.shift > 0) {
    return ek_call_refuse(call, "an input scale too small");
  }
  if (operands.output.scale != OUTPUT_SCALE || operands.output.zero_point != INT8_MAX) {
    return ek_call_refuse(call, "an output scale other than 1/16 or zero point other than 127");
  }
  if (operands.input.rank == 0u || operands.input.num_elements != operands.output.num_elements) {
    return ek_call_reject(call, "input and output differ in size");
  }
  return EK_OK;
}

static void log_softmax_row(const operands_t *operands, const int8_t *in, int8_t *out, int32_t depth) {
  const ek_softmax_t *softmax = &operands->softmax;
  const int32_t most = ek_softmax_largest(in, depth);
  const int32_t log_of_sum = ek_log_of_sum(ek_softmax_sum(softmax, in, depth, most));
  /* The smallest number of Q5.26 that the logarithm can still be taken from, in units of the input. */
  const int32_t bound = ek_requantize(ek_wrapping_add(log_of_sum, INT32_MIN), operands->inverse);
  const int32_t least = softmax->smallest_difference - 1 > bound ? softmax->smallest_difference - 1 : bound;
  for (int32_t i = 0; i < depth; ++i) {
    int32_t value = INT8_MIN;
    if (in[i] - most > least) {
      const int32_t log = (int32_t)((uint32_t)ek_softmax_rescale(softmax, in[i] - most) - (uint32_t)log_of_sum);
      value = ek_clamp(ek_rounding_shift_right(log, OUTPUT_SHIFT) + INT8_MAX, INT8_MIN, INT8_MAX);
    }
    out[i] = (int8_t)value;
  }
}

static ek_status_t run(ek_call_t *call) {
  operands_t operands;
  EK_TRY(decode(call, &operands));
  const int32_t depth = operands.input.dims[operands.input.rank - 1u];
  const int32_t rows = (int32_t)operands.input.num_elements / depth;
  for (int32_t row = 0; row < rows; ++row) {
    log_softmax_row(&operands, (const int8_t *)operands.input.data + row * depth,
                    (int8_t *)operands.output.data + row * depth, depth);
  }
  return EK_OK;
}

const ek_kernel_t ek_log_softmax_int8 = {.name = "LOG_SOFTMAX",
                                         .builtin = 50,
                                         .type = EK_INT8,
                                         .check = EK_AT_LOAD(check),
                                         .run = run,
                                         .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
