/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_slopes.h"

#include "ek_activation.h"

enum { OPTION_ALPHA = 0 };
enum { ACTIVATION_RELU_N1_TO_1 = 2 };

#define SIGN_BIT 0x80000000u

typedef struct {
  ek_multiplier_t positive, negative;
  int32_t zero_in, zero_out;
  int32_t low, high; /* bounds of the result beside those of its type */
  bool is_even; /* f(−x) = f(x) */
  bool negates; /* the negative side goes up again; rounded before its sign changes, as TFLite's products are */
} slopes_t;

static int32_t evaluate(const void *context, int32_t value) {
  const slopes_t *slopes = context;
  const int32_t difference = value - slopes->zero_in;
  int32_t scaled;
  if (difference >= 0) {
    scaled = ek_requantize(difference, slopes->positive);
  } else if (slopes->is_even) {
    scaled = ek_requantize(-difference, slopes->positive);
  } else {
    scaled = ek_requantize(difference, slopes->negative);
    scaled = slopes->negates ? -scaled : scaled;
  }
  return ek_clamp(ek_wrapping_add(scaled, slopes->zero_out), slopes->low, slopes->high);
}

static void set_up(const ek_unary_t *unary, slopes_t *slopes) {
  memset(slopes, 0, sizeof *slopes);
  slopes->low = INT16_MIN;
  slopes->high = INT16_MAX;
  slopes->zero_in = unary->input.zero_point;
  slopes->zero_out = unary->output.zero_point;
}

/* Differences of int8 have 9 bits, of int16 16; shifted farther to the left than this they leave the int32 that the
 * reference keeps them in. */
static bool is_too_steep(const ek_unary_t *unary, ek_multiplier_t slope) {
  return slope.shift > (unary->input.type == EK_INT8 ? 22 : 15);
}

static ek_status_t refuse_steep(ek_call_t *call) {
  return ek_call_refuse(call, "an output scale too small for the input's");
}

ek_status_t ek_slopes_check(ek_call_t *call) {
  ek_unary_t unary;
  EK_TRY(ek_unary_check_quantized(call, &unary));
  return is_too_steep(&unary, ek_multiplier(unary.input.scale, EK_FLOAT_ONE, unary.output.scale, 0))
             ? refuse_steep(call)
             : EK_OK;
}

static ek_status_t run(ek_call_t *call, bool is_even, bool is_bounded) {
  ek_unary_t unary;
  slopes_t slopes;
  EK_TRY(ek_unary_decode(call, &unary));
  set_up(&unary, &slopes);
  slopes.positive = ek_multiplier(unary.input.scale, EK_FLOAT_ONE, unary.output.scale, 0);
  slopes.is_even = is_even;
  if (is_bounded) { /* whose reference is LiteRT, which divides in float32; TFLM divides in double */
    const uint32_t quotient = ek_float_quotient(unary.input.scale, unary.output.scale);
    slopes.positive = ek_multiplier(quotient, EK_FLOAT_ONE, EK_FLOAT_ONE, 0);
    slopes.negative = slopes.positive;
    EK_TRY(ek_activation_quantized(call, ACTIVATION_RELU_N1_TO_1, &unary.output, &slopes.low, &slopes.high));
  }
  ek_unary_run_integers(call, &unary, evaluate, &slopes);
  return EK_OK;
}

ek_status_t ek_relu_run(ek_call_t *call) { return run(call, false, false); }

ek_status_t ek_abs_run(ek_call_t *call) { return run(call, true, false); }

ek_status_t ek_relu_n1_to_1_check(ek_call_t *call) {
  ek_unary_t unary;
  int32_t low;
  int32_t high;
  EK_TRY(ek_slopes_check(call));
  EK_TRY(ek_unary_decode(call, &unary));
  return ek_activation_quantized(call, ACTIVATION_RELU_N1_TO_1, &unary.output, &low, &high);
}

ek_status_t ek_relu_n1_to_1_run(ek_call_t *call) { return run(call, false, true); }

static ek_status_t leaky_slopes(ek_call_t *call, const ek_unary_t *unary, slopes_t *slopes) {
  int32_t option;
  set_up(unary, slopes);
  EK_TRY(ek_call_option_i32(call, OPTION_ALPHA, 0, &option)); /* a float, taken by its bits */
  const uint32_t alpha = (uint32_t)option & ~SIGN_BIT;
  if (alpha >= 0x7F800000u) {
    return ek_call_refuse(call, "an alpha that is not a number");
  }
  slopes->positive = ek_multiplier(unary->input.scale, EK_FLOAT_ONE, unary->output.scale, 0);
  if (alpha != 0u) {
    slopes->negative = ek_multiplier(unary->input.scale, alpha, unary->output.scale, 0);
  }
  slopes->negates = alpha != (uint32_t)option;
  return is_too_steep(unary, slopes->positive) || is_too_steep(unary, slopes->negative) ? refuse_steep(call) : EK_OK;
}

ek_status_t ek_leaky_relu_check(ek_call_t *call) {
  ek_unary_t unary;
  slopes_t slopes;
  EK_TRY(ek_unary_check_quantized(call, &unary));
  return leaky_slopes(call, &unary, &slopes);
}

ek_status_t ek_leaky_relu_run(ek_call_t *call) {
  ek_unary_t unary;
  slopes_t slopes;
  EK_TRY(ek_unary_decode(call, &unary));
  EK_TRY(leaky_slopes(call, &unary, &slopes));
  ek_unary_run_integers(call, &unary, evaluate, &slopes);
  return EK_OK;
}
