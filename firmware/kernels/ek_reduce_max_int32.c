/* SPDX-License-Identifier: Apache-2.0 */
/* REDUCE_MAX, int32, over any axes: the largest element. TFLM has no kernel for it, TFLite does. */
#include "ek_reduce.h"

typedef struct {
  int32_t largest;
  int32_t *out;
} choice_t;

static void fold(void *context, const uint8_t *in, uint32_t count, uint32_t step) {
  choice_t *const choice = context;
  for (uint32_t i = 0; i < count; ++i) {
    int32_t value; /* perhaps unaligned */
    memcpy(&value, in, sizeof value);
    if (value > choice->largest) {
      choice->largest = value;
    }
    in += step;
  }
}

static void store(void *context, uint32_t index) {
  choice_t *const choice = context;
  choice->out[index] = choice->largest;
  choice->largest = INT32_MIN;
}

static ek_status_t check(ek_call_t *call) { return ek_reduce_check_same_scale(call, EK_INT32); }

static ek_status_t run(ek_call_t *call) {
  ek_reduce_t reduce;
  EK_TRY(ek_reduce_decode(call, &reduce));
  choice_t choice = {INT32_MIN, (int32_t *)(void *)reduce.output.data};
  ek_reduce_run(&reduce, fold, store, &choice);
  return EK_OK;
}

const ek_kernel_t ek_reduce_max_int32 = {
    .name = "REDUCE_MAX", .builtin = 82, .type = EK_INT32, .check = EK_AT_LOAD(check), .run = run};
