/* SPDX-License-Identifier: Apache-2.0 */
/* LOGISTIC, int8; see ek_sigmoid.h. */
#include "ek_sigmoid.h"

static ek_status_t check(ek_call_t *call) {
  ek_unary_t unary;
  ek_sigmoid_int8_t sigmoid;
  EK_TRY(ek_sigmoid_int8_decode(call, &unary, &sigmoid));
  if (unary.output.zero_point != INT8_MIN) { /* TFLite refuses it too */
    return ek_call_refuse(call, "an output zero point other than -128");
  }
  return EK_OK;
}

static int32_t evaluate(const void *context, int32_t value) {
  const ek_sigmoid_int8_t *sigmoid = context;
  const int32_t difference = value - sigmoid->zero_point;
  if (difference <= -sigmoid->radius) {
    return INT8_MIN;
  }
  if (difference >= sigmoid->radius) {
    return INT8_MAX;
  }
  return ek_rounding_shift_right(ek_logistic_q4(ek_requantize(difference, sigmoid->multiplier)), 23) + INT8_MIN;
}

static ek_status_t run(ek_call_t *call) {
  ek_unary_t unary;
  ek_sigmoid_int8_t sigmoid;
  EK_TRY(ek_sigmoid_int8_decode(call, &unary, &sigmoid));
  ek_unary_run_integers(call, &unary, evaluate, &sigmoid);
  return EK_OK;
}

const ek_kernel_t ek_logistic_int8 = {.name = "LOGISTIC",
                                      .builtin = 14,
                                      .type = EK_INT8,
                                      .check = EK_AT_LOAD(check),
                                      .run = run,
                                      .scratch = EK_AT_LOAD(ek_unary_scratch),
                                      .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
