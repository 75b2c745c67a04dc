/* SPDX-License-Identifier: Apache-2.0 */
/* HARD_SWISH, int8: x · clamp(x + 3, 0, 6) / 6 in 16-bit fixed point.
 *   x        (in − z_in) · 2^7, in units of s_in / 2^7
 *   gate     clamp(x / 3, −1, 1) in Q0.15, then (gate + 1) / 2
 *   out      clamp(z_out + (x · gate) in units of s_out)
 * Every rounding, and which of them saturate, is TFLite's.
 * Source: tensorflow/lite/kernels/internal/reference/hard_swish.h and micro/kernels/hard_swish_common.cc.
 */
#include "ek_unary.h"

#define THREE 0x40400000u

typedef struct {
  int32_t zero_in, zero_out;
  int32_t output_multiplier, gate_multiplier; /* Q0.15 */
  int32_t output_shift, gate_shift;
} hard_swish_t;

static int32_t saturate_int16(int32_t value) { return ek_clamp(value, INT16_MIN, INT16_MAX); }

/* a·b in Q0.15, rounded half away from zero for positive and half up for negative products. */
static int32_t multiply_rounding(int32_t a, int32_t b) {
  const int32_t product = a * b;
  const int32_t nudge = product >= 0 ? 1 << 14 : 1 - (1 << 14);
  return saturate_int16((product + nudge) / (1 << 15));
}

/* The upper 16 bits of a multiplier, rounded. */
static int32_t narrow(int32_t multiplier) {
  return multiplier >= INT32_MAX - (1 << 15) ? INT16_MAX : (multiplier + (1 << 15)) >> 16;
}

static void prepare(const ek_unary_t *unary, hard_swish_t *swish) {
  const ek_multiplier_t output = ek_multiplier(unary->input.scale, EK_FLOAT_ONE, unary->output.scale, -7);
  const ek_multiplier_t gate = ek_multiplier(unary->input.scale, EK_FLOAT_ONE, THREE, 15 - 7);
  swish->zero_in = unary->input.zero_point;
  swish->zero_out = unary->output.zero_point;
  swish->output_multiplier = narrow(output.multiplier);
  swish->output_shift = output.shift;
  swish->gate_multiplier = narrow(gate.multiplier);
  swish->gate_shift = gate.shift;
}

static int32_t evaluate(const void *context, int32_t value) {
  const hard_swish_t *swish = context;
  const int32_t x = (int16_t)((value - swish->zero_in) * (1 << 7));
  const int32_t scaled = multiply_rounding(x, swish->output_multiplier);
  int32_t gate = x;
  if (swish->gate_shift > 0) { /* all but the last bit of the shift before the rounding, the last one after it */
    const int32_t shift = swish->gate_shift - 1;
    gate = saturate_int16(gate * (1 << shift));
  }
  gate = multiply_rounding(gate, swish->gate_multiplier);
  if (swish->gate_shift > 0) {
    gate = saturate_int16(gate * 2);
  } else {
    gate = ek_rounding_shift_right(gate, -swish->gate_shift);
  }
  gate = (gate + (1 << 15)) >> 1;
  const int32_t product = gate * scaled / (1 << 15); /* towards zero */
  return (int16_t)(ek_rounding_shift_right(product, -swish->output_shift) + swish->zero_out);
}

static ek_status_t check(ek_call_t *call) {
  ek_unary_t unary;
  hard_swish_t swish;
  EK_TRY(ek_unary_check_quantized(call, &unary));
  prepare(&unary, &swish);
  if (swish.output_shift > 0) { /* TFLite refuses it too */
    return ek_call_refuse(call, "an output scale below 1/128 of the input's");
  }
  /* Shifts of 16-bit numbers by more than 15 bits are not defined. */
  if (swish.output_shift < -15 || swish.gate_shift < -15 || swish.gate_shift > 16 || swish.output_multiplier == 0) {
    return ek_call_refuse(call, "scales beyond 16-bit arithmetic");
  }
  return EK_OK;
}

static ek_status_t run(ek_call_t *call) {
  ek_unary_t unary;
  hard_swish_t swish;
  EK_TRY(ek_unary_decode(call, &unary));
  prepare(&unary, &swish);
  ek_unary_run_integers(call, &unary, evaluate, &swish);
  return EK_OK;
}

const ek_kernel_t ek_hard_swish_int8 = {.name = "HARD_SWISH",
                                        .builtin = 117,
                                        .type = EK_INT8,
                                        .check = EK_AT_LOAD(check),
                                        .run = run,
                                        .scratch = EK_AT_LOAD(ek_unary_scratch),
                                        .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
