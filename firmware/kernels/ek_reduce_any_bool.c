/* SPDX-License-Identifier: Apache-2.0 */
/* REDUCE_ANY, bool, over any axes: whether any element is true, that is, not 0. TFLM
 * does not have it, TFLite does. */
#include "ek_reduce.h"

typedef struct {
  bool any;
  uint8_t *out;
} choice_t;

static void fold(void *context, const uint8_t *in, uint32_t count, uint32_t step) {
  choice_t *const choice = context;
  for (uint32_t i = 0; i < count; ++i) {
    choice->any = choice->any || *in != 0u;
    in += step;
  }
}

static void store(void *context, uint32_t index) {
  choice_t *const choice = context;
  choice->out[index] = choice->any;
  choice->any = false;
}

static ek_status_t check(ek_call_t *call) { return ek_reduce_check(call, EK_BOOL); }

static ek_status_t run(ek_call_t *call) {
  ek_reduce_t reduce;
  EK_TRY(ek_reduce_decode(call, &reduce));
  choice_t choice = {false, reduce.output.data};
  ek_reduce_run(&reduce, fold, store, &choice);
  return EK_OK;
}

const ek_kernel_t ek_reduce_any_bool = {
    .name = "REDUCE_ANY", .builtin = 91, .type = EK_BOOL, .check = EK_AT_LOAD(check), .run = run};
