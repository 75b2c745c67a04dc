/* SPDX-License-Identifier: Apache-2.0 */
/* SUM, float32, over any axes: Σ in, added up in the order of the elements in memory. */
#include "ek_reduce.h"

typedef struct {
  float sum;
  float *out;
} total_t;

static void fold(void *context, const uint8_t *in, uint32_t count, uint32_t step) {
  total_t *const total = context;
  for (uint32_t i = 0; i < count; ++i) {
    float value; /* perhaps unaligned */
    memcpy(&value, in, sizeof value);
    total->sum += value;
    in += step;
  }
}

static void store(void *context, uint32_t index) {
  total_t *const total = context;
  total->out[index] = total->sum;
  total->sum = 0.0f;
}

static ek_status_t check(ek_call_t *call) { return ek_reduce_check(call, EK_FLOAT32); }

static ek_status_t run(ek_call_t *call) {
  ek_reduce_t reduce;
  EK_TRY(ek_reduce_decode(call, &reduce));
  total_t total = {0.0f, (float *)(void *)reduce.output.data};
  ek_reduce_run(&reduce, fold, store, &total);
  return EK_OK;
}

const ek_kernel_t ek_sum_float32 = {
    .name = "SUM", .builtin = 74, .type = EK_FLOAT32, .check = EK_AT_LOAD(check), .run = run};
