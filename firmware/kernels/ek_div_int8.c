/* SPDX-License-Identifier: Apache-2.0 */
/* DIV, int8, with broadcasting: clamp(z_out + (in1 − z1) / (in2 − z2) · s1 / (s2 · s_out)).
 * The quotient is the dividend, shifted up as far as it goes, times the reciprocal of the divisor; one more multiply
 * and shift make it the output. A divisor equal to its zero point stops the inference.
 * Source: tensorflow/lite/micro/kernels/div.cc.
 */
#include "ek_activation.h"
#include "ek_broadcast.h"

#define LARGEST_SHIFT 23 /* of the multiplier: beyond it results would have to be shifted left */

enum { OPTION_ACTIVATION = 0 };

typedef struct {
  ek_multiplier_t multiplier;
  int32_t zero1, zero2, output_zero;
  int32_t low, high;
} division_t;

static ek_status_t decode(ek_call_t *call, division_t *division) {
  ek_binary_t binary;
  uint8_t activation;
  EK_TRY(ek_binary_decode(call, &binary));
  EK_TRY(ek_require_quantized(call, &binary.in1, EK_INT8));
  EK_TRY(ek_require_quantized(call, &binary.in2, EK_INT8));
  EK_TRY(ek_require_quantized(call, &binary.output, EK_INT8));
  EK_TRY(ek_call_option_u8(call, OPTION_ACTIVATION, 0u, &activation));
  division->zero1 = binary.in1.zero_point;
  division->zero2 = binary.in2.zero_point;
  division->output_zero = binary.output.zero_point;
  division->multiplier = ek_multiplier_over_product(binary.in1.scale, binary.in2.scale, binary.output.scale);
  return ek_activation_quantized(call, activation, &binary.output, &division->low, &division->high);
}

static ek_status_t check(ek_call_t *call) {
  division_t division;
  EK_TRY(ek_binary_check(call, EK_INT8, EK_INT8));
  EK_TRY(decode(call, &division));
  return division.multiplier.shift > LARGEST_SHIFT ? ek_call_refuse(call, "an output scale too small for the inputs'")
                                                   : EK_OK;
}

static int8_t divide(const division_t *division, int8_t a, int8_t b) {
  int32_t dividend = a - division->zero1;
  int32_t divisor = b - division->zero2;
  if (divisor < 0) {
    dividend = -dividend;
    divisor = -divisor;
  }
  const int32_t divisor_zeros = __builtin_clz((uint32_t)divisor);
  const int32_t reciprocal = ek_reciprocal_of_one_plus((int32_t)(((uint32_t)divisor << divisor_zeros) - 0x80000000u));
  const int32_t headroom = __builtin_clrsb(dividend);
  const int32_t quotient = ek_doubling_high_multiply(ek_wrapping_shift_left(dividend, headroom), reciprocal);
  const int32_t shift = 31 - divisor_zeros + headroom - division->multiplier.shift;
  /* Beyond 31 nothing is left of the largest product. */
  const int32_t scaled =
      shift > 31 ? 0
                 : ek_rounding_shift_right(ek_doubling_high_multiply(quotient, division->multiplier.multiplier), shift);
  return (int8_t)ek_clamp(ek_wrapping_add(scaled, division->output_zero), division->low, division->high);
}

EK_DEFINE_ROW(divide_row, division_t, int8_t, int8_t, divide)

static ek_status_t run(ek_call_t *call) {
  division_t division;
  EK_TRY(decode(call, &division));
  EK_TRY(ek_binary_require_divisor(call, division.zero2));
  return ek_binary_run(call, divide_row, &division);
}

const ek_kernel_t ek_div_int8 = {.name = "DIV",
                                 .builtin = 42,
                                 .type = EK_INT8,
                                 .check = EK_AT_LOAD(check),
                                 .run = run,
                                 .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
