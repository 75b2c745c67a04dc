/* SPDX-License-Identifier: Apache-2.0 */
/* SOFTMAX over the last axis, int16 to int16 with scale 1/32768 and zero point 0.
 * Differences to the row's maximum are scaled such that 65535 is −10; exp and 1/(1 + x) are interpolated between 513
 * samples. Those of exp are a table; of the other only two are needed for a row, and those are computed.
 * Source: tensorflow/lite/micro/kernels/softmax_common.cc; internal/reference/softmax.h, SoftmaxInt16.
 */
#include "ek_exp_table.h"
#include "ek_unary.h"

enum { OPTION_BETA = 0 };

#define OUTPUT_SCALE 0x38000000u /* 1/32768; TFLite lets a thousandth pass */
#define LONGEST_ROW 65535        /* sums of as many ones fit 32 bits */

/* The double 10/65535. */
#define STEP_MANTISSA 0x14001400140014ull
#define STEP_EXPONENT (-65)

static ek_status_t decode(ek_call_t *call, ek_unary_t *unary, ek_multiplier_t *multiplier) {
  int32_t beta;
  EK_TRY(ek_unary_decode(call, unary));
  EK_TRY(ek_call_option_i32(call, OPTION_BETA, 0, &beta)); /* a float, taken by its bits */
  if (beta <= 0 || beta >= 0x7F800000) {
    return ek_call_refuse(call, "a beta that is not a positive number");
  }
  *multiplier = ek_multiplier_over_double((uint32_t)beta, unary->input.scale, STEP_MANTISSA, STEP_EXPONENT);
  return EK_OK;
}

static ek_status_t check(ek_call_t *call) {
  ek_unary_t unary;
  ek_multiplier_t multiplier;
  EK_TRY(ek_unary_check(call, &unary, EK_INT16));
  EK_TRY(decode(call, &unary, &multiplier));
  if (unary.output.scale < OUTPUT_SCALE - 16777u || unary.output.scale > OUTPUT_SCALE + 8388u) {
    return ek_call_refuse(call, "an output scale other than 1/32768");
  }
  if (multiplier.shift > 14) { /* a difference of 16 bits shifted further would leave 32 */
    return ek_call_refuse(call, "an input scale too large for its beta");
  }
  if (unary.input.rank == 0u || unary.input.dims[unary.input.rank - 1u] > LONGEST_ROW) {
    return ek_call_refuse(call, "a scalar, or rows of more than 65535 elements");
  }
  return EK_OK;
}

static int32_t interpolate(int32_t value, int32_t base, int32_t next) {
  return base + (((next - base) * (value & 0x7F) + 64) >> 7);
}

/* exp of a difference, in Q0.15. */
static int32_t exp_of(ek_multiplier_t multiplier, int32_t difference) {
  const int32_t value = ek_clamp(ek_wrapping_add(ek_requantize(difference, multiplier), INT16_MAX), INT16_MIN, INT16_MAX);
  const int32_t index = 256 + (value >> 7);
  return interpolate(value, ek_exp_table[index], ek_exp_table[index + 1]);
}

/* 1 / (1 + half_steps/1024), rounded to 24 bits behind the point as a float is. */
static uint32_t reciprocal(uint32_t half_steps) {
  return (uint32_t)(((1ull << 35) / (1024u + half_steps) + 1u) >> 1);
}

/* Sample i of 1/(1 + i/512) in Q0.15, lowered as those of exp are; with the roundings of float arithmetic. */
static int32_t reciprocal_sample(uint32_t i) {
  const uint32_t sample = (reciprocal(2u * i) + 256u) >> 9;
  if (i == 512u) {
    return (int32_t)sample;
  }
  const uint32_t sum = reciprocal(2u * i + 2u) + (sample << 9); /* one bit more than a float has: half to even */
  const uint32_t rounded = (sum >> 1) + (sum & (sum >> 1) & 1u);
  const int32_t error = (int32_t)((rounded + 256u) >> 9) - (int32_t)((reciprocal(2u * i + 1u) + 256u) >> 9);
  const int32_t lowered = (int32_t)sample - (error >= 0 ? (error + 1) / 2 : (error - 1) / 2);
  return lowered < INT16_MAX ? lowered : INT16_MAX;
}

static int16_t load(const uint8_t *from) {
  int16_t value; /* a constant in the file need not be aligned */
  memcpy(&value, from, sizeof value);
  return value;
}

static void softmax_row(ek_multiplier_t multiplier, const uint8_t *in, int16_t *out, uint32_t depth) {
  int32_t most = INT16_MIN;
  for (uint32_t i = 0; i < depth; ++i) {
    const int16_t value = load(in + 2u * i);
    most = value > most ? value : most;
  }
  int32_t sum = 0;
  for (uint32_t i = 0; i < depth; ++i) {
    out[i] = (int16_t)exp_of(multiplier, load(in + 2u * i) - most);
    sum += out[i];
  }
  /* sum = 2^(16 − zeros) · (1 + x), x brought to 16 bits; the maximum contributes one, so sum is not 0. */
  const int32_t zeros = __builtin_clz((uint32_t)sum);
  const int32_t shifted = (int32_t)((((int64_t)sum << (zeros - 1)) + (1 << 13)) >> 14);
  const int32_t x = ek_clamp(shifted - ((1 << 15) + (1 << 16)), INT16_MIN, INT16_MAX);
  const uint32_t index = (uint32_t)(256 + (x >> 7));
  const int32_t scale = interpolate(x, reciprocal_sample(index), reciprocal_sample(index + 1u));
  const int32_t right = 31 - zeros;
  for (uint32_t i = 0; i < depth; ++i) {
    const int32_t result = (int32_t)(((int64_t)out[i] * scale + (1 << (right - 1))) >> right);
    out[i] = (int16_t)ek_clamp(result, 0, INT16_MAX);
  }
}

static ek_status_t run(ek_call_t *call) {
  ek_unary_t unary;
  ek_multiplier_t multiplier;
  EK_TRY(decode(call, &unary, &multiplier));
  const uint32_t depth = (uint32_t)unary.input.dims[unary.input.rank - 1u];
  for (uint32_t first = 0; first < unary.input.num_elements; first += depth) {
    softmax_row(multiplier, unary.input.data + 2u * first, (int16_t *)(void *)unary.output.data + first, depth);
  }
  return EK_OK;
}

const ek_kernel_t ek_softmax_int16 = {.name = "SOFTMAX",
                                      .builtin = 25,
                                      .type = EK_INT16,
                                      .check = EK_AT_LOAD(check),
                                      .run = run,
                                      .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
