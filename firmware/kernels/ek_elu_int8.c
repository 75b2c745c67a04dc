/* SPDX-License-Identifier: Apache-2.0 */
/* ELU, int8: z_out + round(elu(s_in · (in − z_in)) / s_out), elu(x) = x, below 0 exp(x) − 1.
 * TFLite defines the operator by a table that it fills in float32; so its float32 steps are repeated here, one for
 * each element or, on large tensors, for each of the 256 values. */
#include "ek_math.h"
#include "ek_unary.h"

typedef struct {
  float scale, inverse_scale;
  int32_t zero_in, zero_out;
} elu_t;

static ek_status_t check(ek_call_t *call) {
  ek_unary_t unary;
  EK_TRY(ek_unary_check(call, &unary, EK_INT8));
  /* 255 steps of the input must fit an int32 of steps of the output. */
  const ek_multiplier_t ratio = ek_multiplier(unary.input.scale, EK_FLOAT_ONE, unary.output.scale, 0);
  return ratio.shift > 20 ? ek_call_refuse(call, "an output scale too small for the input's") : EK_OK;
}

static int32_t evaluate(const void *context, int32_t value) {
  const elu_t *elu = context;
  const float x = elu->scale * (float)(value - elu->zero_in);
  const float y = x < 0.0f ? ek_expm1f(x) : x;
  return (int32_t)(ek_round_half_away(y * elu->inverse_scale) + (float)elu->zero_out);
}

static ek_status_t run(ek_call_t *call) {
  ek_unary_t unary;
  elu_t elu;
  EK_TRY(ek_unary_decode(call, &unary));
  memcpy(&elu.scale, &unary.input.scale, sizeof elu.scale);
  float out_scale;
  memcpy(&out_scale, &unary.output.scale, sizeof out_scale);
  elu.inverse_scale = 1.0f / out_scale;
  elu.zero_in = unary.input.zero_point;
  elu.zero_out = unary.output.zero_point;
  ek_unary_run_integers(call, &unary, evaluate, &elu);
  return EK_OK;
}

const ek_kernel_t ek_elu_int8 = {.name = "ELU",
                                 .builtin = 111,
                                 .type = EK_INT8,
                                 .check = check,
                                 .run = run,
                                 .scratch = ek_unary_scratch,
                                 .overlap = ek_overlap_elementwise};
