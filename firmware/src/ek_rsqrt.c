/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_rsqrt.h"

/* 1 / sqrt(value) is kept with so many bits behind the point on its way to the output. */
#define SHIFT 20

typedef struct {
  ek_multiplier_t multiplier; /* 1 / (sqrt(s_in) · s_out) · 2^-SHIFT */
  int32_t zero_in, zero_out;
} rsqrt_t;

static int32_t shift_left_saturating(int32_t value, int32_t exponent) {
  const int64_t wide = (int64_t)value * (1 << exponent);
  return wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : (int32_t)wide;
}

/* Newton-Raphson, x ← x·(3 − v·x²) / 2 from x = 1, in Q3.28 with value = v·2^k and v in [1/4, 1). */
ek_multiplier_t ek_inverse_square_root(int32_t value) {
  ek_multiplier_t result = {INT32_MAX, 0};
  if (value <= 1) {
    return result;
  }
  int32_t right_shift = 11;
  while (value >= 1 << 29) {
    value /= 4;
    ++right_shift;
  }
  const int32_t pairs = (__builtin_clz((uint32_t)value) - 1) / 2 - 1;
  right_shift -= pairs;
  value = ek_wrapping_shift_left(value, 2 * pairs);
  const int32_t half_value = ek_rounding_shift_right(value >> 1, 1);
  const int32_t three_halves = 3 << 27;
  int32_t x = 1 << 28;
  for (int32_t i = 0; i < 5; ++i) {
    const int32_t square = ek_doubling_high_multiply(x, x);
    const int32_t cube = shift_left_saturating(ek_doubling_high_multiply(square, x), 6);
    const int32_t difference = ek_wrapping_add(ek_doubling_high_multiply(three_halves, x),
                                               -ek_doubling_high_multiply(half_value, cube));
    x = shift_left_saturating(difference, 3);
  }
  const int32_t half_root_2 = 1518500250; /* √2 / 2 in Q0.31 */
  result.multiplier = ek_doubling_high_multiply(x, half_root_2);
  if (right_shift < 0) {
    result.multiplier = ek_wrapping_shift_left(result.multiplier, -right_shift);
    right_shift = 0;
  }
  result.shift = -right_shift;
  return result;
}

static void prepare(const ek_unary_t *unary, rsqrt_t *rsqrt) {
  rsqrt->multiplier = ek_inverse_root_multiplier(unary->input.scale, unary->output.scale);
  rsqrt->multiplier.shift -= SHIFT;
  rsqrt->zero_in = unary->input.zero_point;
  rsqrt->zero_out = unary->output.zero_point;
}

ek_status_t ek_rsqrt_check(ek_call_t *call) {
  ek_unary_t unary;
  rsqrt_t rsqrt;
  EK_TRY(ek_unary_check_quantized(call, &unary));
  prepare(&unary, &rsqrt);
  /* The root has SHIFT bits; beyond 10 more the reference leaves its 32. */
  if (rsqrt.multiplier.shift < -31 || rsqrt.multiplier.shift > 10) {
    return ek_call_refuse(call, "scales that leave nothing of an inverse square root, or too much");
  }
  return EK_OK;
}

static int32_t evaluate(const void *context, int32_t value) {
  const rsqrt_t *rsqrt = context;
  if (value <= rsqrt->zero_in) {
    return INT32_MAX;
  }
  ek_multiplier_t root = ek_inverse_square_root(value - rsqrt->zero_in);
  root.shift += SHIFT;
  return ek_wrapping_add(ek_requantize(ek_requantize(1, root), rsqrt->multiplier), rsqrt->zero_out);
}

/* Nothing may be written before it is known that every input has a root. */
static ek_status_t require_roots(ek_call_t *call, const ek_tensor_t *input) {
  for (uint32_t i = 0; i < input->num_elements; ++i) {
    int16_t value = ((const int8_t *)input->data)[i];
    if (input->type == EK_INT16) {
      memcpy(&value, input->data + sizeof value * i, sizeof value);
    }
    if (value < input->zero_point) {
      return ek_fail(&call->runtime->fault, EK_RUNTIME_FAILED, call->operator_.index, input->index,
                     "the inverse square root of a negative number");
    }
  }
  return EK_OK;
}

ek_status_t ek_rsqrt_run(ek_call_t *call) {
  ek_unary_t unary;
  rsqrt_t rsqrt;
  EK_TRY(ek_unary_decode(call, &unary));
  EK_TRY(require_roots(call, &unary.input));
  prepare(&unary, &rsqrt);
  ek_unary_run_integers(call, &unary, evaluate, &rsqrt);
  return EK_OK;
}
