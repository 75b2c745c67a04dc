/* SPDX-License-Identifier: Apache-2.0 */
/* REDUCE_MIN, int8, over any axes: the smallest element. Input and output share scale and zero point. */
#include "ek_reduce.h"

typedef struct {
  int8_t smallest;
  int8_t *out;
} choice_t;

static void fold(void *context, const uint8_t *in, uint32_t count, uint32_t step) {
  choice_t *const choice = context;
  for (uint32_t i = 0; i < count; ++i) {
    if ((int8_t)*in < choice->smallest) {
      choice->smallest = (int8_t)*in;
    }
    in += step;
  }
}

static void store(void *context, uint32_t index) {
  choice_t *const choice = context;
  choice->out[index] = choice->smallest;
  choice->smallest = INT8_MAX;
}

static ek_status_t check(ek_call_t *call) { return ek_reduce_check_same_scale(call, EK_INT8); }

static ek_status_t run(ek_call_t *call) {
  ek_reduce_t reduce;
  EK_TRY(ek_reduce_decode(call, &reduce));
  choice_t choice = {INT8_MAX, (int8_t *)reduce.output.data};
  ek_reduce_run(&reduce, fold, store, &choice);
  return EK_OK;
}

const ek_kernel_t ek_reduce_min_int8 = {
    .name = "REDUCE_MIN", .builtin = 89, .type = EK_INT8, .check = EK_AT_LOAD(check), .run = run};
