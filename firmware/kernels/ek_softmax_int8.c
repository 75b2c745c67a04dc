/* SPDX-License-Identifier: Apache-2.0 */
/* SOFTMAX over the last axis, int8 to int8 with scale 1/256 and zero point −128.
 * Differences to the row's maximum are rescaled by beta to Q5.26; those too small to reach Q0.31 are left out.
 * Source: tensorflow/lite/kernels/internal/reference/softmax.h and quantization_util.cc, PreprocessSoftmaxScaling.
 */
#include "ek_kernel.h"

enum { OPTION_BETA = 0 };

#define DIFF_INTEGER_BITS 5 /* differences: Q5.26 */
#define SUM_INTEGER_BITS 12 /* sums: Q12.19 */
#define OUTPUT_SCALE 0x3B800000u /* 1/256 */

typedef struct {
  ek_tensor_t input, output;
  ek_multiplier_t multiplier;
  int32_t smallest_difference;
} softmax_t;

static ek_status_t decode(ek_call_t *call, softmax_t *softmax) {
  int32_t beta;
  EK_TRY(ek_call_input(call, 0u, &softmax->input));
  EK_TRY(ek_call_output(call, 0u, &softmax->output));
  EK_TRY(ek_call_option_i32(call, OPTION_BETA, 0, &beta)); /* a float, taken by its bits */
  if (beta <= 0 || beta >= 0x7F800000) {
    return ek_call_refuse(call, "a beta that is not a positive number");
  }
  ek_multiplier_t multiplier =
      ek_multiplier((uint32_t)beta, softmax->input.scale, EK_FLOAT_ONE, 31 - DIFF_INTEGER_BITS);
  if (multiplier.shift > 31) { /* TFLite caps the factor at 2^31 − 1 */
    multiplier.multiplier = INT32_MAX;
    multiplier.shift = 31;
  }
  if (multiplier.shift < 1 || multiplier.multiplier == 0) { /* TFLite wants a factor above one */
    return ek_call_refuse(call, "an input scale too small for its beta");
  }
  softmax->multiplier = multiplier;
  const int64_t radius = (int64_t)((1 << DIFF_INTEGER_BITS) - 1) << (31 - DIFF_INTEGER_BITS);
  softmax->smallest_difference = -(int32_t)(radius >> multiplier.shift);
  return EK_OK;
}

static ek_status_t check(ek_call_t *call) {
  softmax_t softmax;
  EK_TRY(decode(call, &softmax));
  EK_TRY(ek_call_require_per_tensor(call, &softmax.input, EK_INT8));
  EK_TRY(ek_call_require_per_tensor(call, &softmax.output, EK_INT8));
  if (softmax.output.scale != OUTPUT_SCALE || softmax.output.zero_point != INT8_MIN) {
    return ek_call_refuse(call, "an output scale other than 1/256 or zero point other than -128");
  }
  if (softmax.input.rank == 0u || softmax.input.num_elements != softmax.output.num_elements) {
    return ek_call_reject(call, "input and output differ in size");
  }
  return EK_OK;
}

/* exp(difference · beta · scale) in Q0.31. */
static int32_t exp_of(const softmax_t *softmax, int32_t difference) {
  return ek_exp_on_negative(ek_doubling_high_multiply(ek_wrapping_shift_left(difference, softmax->multiplier.shift),
                                                      softmax->multiplier.multiplier));
}

static void softmax_row(const softmax_t *softmax, const int8_t *in, int8_t *out, int32_t depth) {
  int32_t most = INT8_MIN;
  for (int32_t i = 0; i < depth; ++i) {
    most = in[i] > most ? in[i] : most;
  }
  int32_t sum = 0;
  for (int32_t i = 0; i < depth; ++i) {
    if (in[i] - most >= softmax->smallest_difference) {
      sum = ek_wrapping_add(sum, ek_rounding_shift_right(exp_of(softmax, in[i] - most), SUM_INTEGER_BITS));
    }
  }
  /* sum = 2^(12 − headroom) · (1 + f) with f in Q0.31; the maximum itself contributes one, so sum is not 0 unless it
   * wrapped, which takes more than 4096 equal maxima. */
  const int32_t headroom = sum == 0 ? 32 : __builtin_clz((uint32_t)sum);
  const uint32_t normalised = headroom > 31 ? 0u : (uint32_t)sum << headroom;
  const int32_t scale = ek_reciprocal_of_one_plus((int32_t)(normalised - 0x80000000u));
  const int32_t shift = SUM_INTEGER_BITS - headroom + 31 - 8;
  for (int32_t i = 0; i < depth; ++i) {
    int32_t value = INT8_MIN;
    if (in[i] - most >= softmax->smallest_difference) {
      const int32_t product = ek_doubling_high_multiply(scale, exp_of(softmax, in[i] - most));
      /* Beyond 31 even the largest product rounds to nothing (a row of more than 512 equal maxima). */
      const int32_t rounded = shift > 31 ? 0 : ek_rounding_shift_right(product, shift);
      value = ek_clamp(ek_wrapping_add(rounded, INT8_MIN), INT8_MIN, INT8_MAX);
    }
    out[i] = (int8_t)value;
  }
}

static ek_status_t run(ek_call_t *call) {
  softmax_t softmax;
  EK_TRY(decode(call, &softmax));
  const int32_t depth = softmax.input.dims[softmax.input.rank - 1u];
  const int32_t rows = (int32_t)softmax.input.num_elements / depth;
  for (int32_t row = 0; row < rows; ++row) {
    softmax_row(&softmax, (const int8_t *)softmax.input.data + row * depth,
                (int8_t *)softmax.output.data + row * depth, depth);
  }
  return EK_OK;
}

const ek_kernel_t ek_softmax_int8 = {.name = "SOFTMAX",
                                     .builtin = 25,
                                     .type = EK_INT8,
                                     .check = check,
                                     .run = run,
                                     .overlap = ek_overlap_elementwise};
