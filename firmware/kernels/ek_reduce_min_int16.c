/* SPDX-License-Identifier: Apache-2.0 */
/* REDUCE_MIN, int16, over any axes: the smallest element. TFLM has no kernel for it, TFLite does. Input and output share scale and zero point. */
#include "ek_reduce.h"

typedef struct {
  int16_t smallest;
  int16_t *out;
} choice_t;

static void fold(void *context, const uint8_t *in, uint32_t count, uint32_t step) {
  choice_t *const choice = context;
  for (uint32_t i = 0; i < count; ++i) {
    int16_t value; /* perhaps unaligned */
    memcpy(&value, in, sizeof value);
    if (value < choice->smallest) {
      choice->smallest = value;
    }
    in += step;
  }
}

static void store(void *context, uint32_t index) {
  choice_t *const choice = context;
  choice->out[index] = choice->smallest;
  choice->smallest = INT16_MAX;
}

static ek_status_t check(ek_call_t *call) { return ek_reduce_check_same_scale(call, EK_INT16); }

static ek_status_t run(ek_call_t *call) {
  ek_reduce_t reduce;
  EK_TRY(ek_reduce_decode(call, &reduce));
  choice_t choice = {INT16_MAX, (int16_t *)(void *)reduce.output.data};
  ek_reduce_run(&reduce, fold, store, &choice);
  return EK_OK;
}

const ek_kernel_t ek_reduce_min_int16 = {
    .name = "REDUCE_MIN", .builtin = 89, .type = EK_INT16, .check = EK_AT_LOAD(check), .run = run};
