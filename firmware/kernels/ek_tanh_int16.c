/* SPDX-License-Identifier: Apache-2.0 */
/* TANH, int16; see ek_sigmoid.h. */
#include "ek_sigmoid.h"

#define LARGEST_SHIFT 1

static ek_status_t check(ek_call_t *call) {
  ek_unary_t unary;
  ek_sigmoid_int16_t sigmoid;
  return ek_sigmoid_int16_decode(call, &unary, LARGEST_SHIFT, &sigmoid);
}

static int32_t evaluate(const void *context, int32_t value) { return ek_tanh_q15(context, value); }

static ek_status_t run(ek_call_t *call) {
  ek_unary_t unary;
  ek_sigmoid_int16_t sigmoid;
  EK_TRY(ek_sigmoid_int16_decode(call, &unary, LARGEST_SHIFT, &sigmoid));
  ek_unary_run_integers(call, &unary, evaluate, &sigmoid);
  return EK_OK;
}

const ek_kernel_t ek_tanh_int16 = {.name = "TANH",
                                   .builtin = 28,
                                   .type = EK_INT16,
                                   .check = EK_AT_LOAD(check),
                                   .run = run,
                                   .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
