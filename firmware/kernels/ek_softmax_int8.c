/* SPDX-License-Identifier: Apache-2.0 */
/* SOFTMAX over the last axis, int8 to int8 with scale 1/256 and zero point −128, or to int16 with scale 1/65536 and
 * zero point −32768: the output's range is that from zero to one.
 * Source: tensorflow/lite/kernels/internal/reference/softmax.h.
 */
#include "ek_softmax.h"

enum { OPTION_BETA = 0 };

#define SUM_INTEGER_BITS 12      /* sums: Q12.19 */
#define SCALE_INT8 0x3B800000u   /* 1/256 */
#define SCALE_INT16 0x37800000u  /* 1/65536; TFLite lets a thousandth pass */

typedef struct {
  ek_tensor_t input, output;
  ek_softmax_t softmax;
} operands_t;

static ek_status_t decode(ek_call_t *call, operands_t *operands) {
  int32_t beta;
  EK_TRY(ek_call_input(call, 0u, &operands->input));
  EK_TRY(ek_call_output(call, 0u, &operands->output));
  EK_TRY(ek_call_option_i32(call, OPTION_BETA, 0, &beta)); /* a float, taken by its bits */
  return ek_softmax_init(call, &operands->softmax, (uint32_t)beta, operands->input.scale);
}

static ek_status_t check(ek_call_t *call) {
  operands_t operands;
  EK_TRY(ek_call_input(call, 0u, &operands.input));
  EK_TRY(ek_call_require_per_tensor(call, &operands.input, EK_INT8));
  EK_TRY(decode(call, &operands));
  const ek_tensor_t *output = &operands.output;
  const bool is_int16 = output->type == EK_INT16;
  EK_TRY(ek_call_require_per_tensor(call, output, is_int16 ? EK_INT16 : EK_INT8));
  if (is_int16 ? output->scale < SCALE_INT16 - 16777u || output->scale > SCALE_INT16 + 8388u ||
                     output->zero_point != INT16_MIN
               : output->scale != SCALE_INT8 || output->zero_point != INT8_MIN) {
    return ek_call_refuse(call, "an output scale and zero point whose range is not that from zero to one");
  }
  if (operands.input.rank == 0u || operands.input.num_elements != output->num_elements) {
    return ek_call_reject(call, "input and output differ in size");
  }
  return EK_OK;
}

static void softmax_row(const operands_t *operands, const int8_t *in, uint8_t *out, int32_t depth) {
  const ek_softmax_t *softmax = &operands->softmax;
  const bool is_int16 = operands->output.type == EK_INT16;
  const int32_t low = is_int16 ? INT16_MIN : INT8_MIN;
  const int32_t high = is_int16 ? INT16_MAX : INT8_MAX;
  const int32_t most = ek_softmax_largest(in, depth);
  const int32_t sum = ek_softmax_sum(softmax, in, depth, most);
  /* sum = 2^(12 − headroom) · (1 + f) with f in Q0.31; the maximum itself contributes one, so sum is not 0 unless it
   * wrapped, which takes more than 4096 equal maxima. */
  const int32_t headroom = sum == 0 ? 32 : __builtin_clz((uint32_t)sum);
  const uint32_t normalised = headroom > 31 ? 0u : (uint32_t)sum << headroom;
  const int32_t scale = ek_reciprocal_of_one_plus((int32_t)(normalised - 0x80000000u));
  const int32_t shift = SUM_INTEGER_BITS - headroom + 31 - (is_int16 ? 16 : 8);
  for (int32_t i = 0; i < depth; ++i) {
    int32_t value = low;
    if (in[i] - most >= softmax->smallest_difference) {
      const int32_t product =
          ek_doubling_high_multiply(scale, ek_exp_on_negative(ek_softmax_rescale(softmax, in[i] - most)));
      /* Beyond 31 even the largest product rounds to nothing (a row of more than 512 equal maxima). */
      const int32_t rounded = shift > 31 ? 0 : ek_rounding_shift_right(product, shift);
      value = ek_clamp(ek_wrapping_add(rounded, low), low, high);
    }
    if (is_int16) {
      ((int16_t *)(void *)out)[i] = (int16_t)value;
    } else {
      ((int8_t *)out)[i] = (int8_t)value;
    }
  }
}

static ek_status_t run(ek_call_t *call) {
  operands_t operands;
  EK_TRY(decode(call, &operands));
  const int32_t depth = operands.input.dims[operands.input.rank - 1u];
  const int32_t rows = (int32_t)operands.input.num_elements / depth;
  const uint32_t row_bytes = (uint32_t)depth * ek_type_bytes(operands.output.type);
  for (int32_t row = 0; row < rows; ++row) {
    softmax_row(&operands, (const int8_t *)operands.input.data + row * depth,
                operands.output.data + (uint32_t)row * row_bytes, depth);
  }
  return EK_OK;
}

const ek_kernel_t ek_softmax_int8 = {.name = "SOFTMAX",
                                     .builtin = 25,
                                     .type = EK_INT8,
                                     .check = EK_AT_LOAD(check),
                                     .run = run,
                                     .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
