/* SPDX-License-Identifier: Apache-2.0 */
/* SUM, int16, over any axes; see ek_integer_sum.h. */
#include "ek_integer_sum.h"

static void fold(void *context, const uint8_t *in, uint32_t count, uint32_t step) {
  ek_integer_sum_t *const total = context;
  for (uint32_t i = 0; i < count; ++i) {
    int16_t value; /* perhaps unaligned */
    memcpy(&value, in, sizeof value);
    total->sum = ek_wrapping_add(total->sum, value);
    in += step;
  }
}

static void store(void *context, uint32_t index) {
  ek_integer_sum_t *const total = context;
  ((int16_t *)(void *)total->out)[index] = (int16_t)ek_integer_sum_result(total);
}

static ek_status_t check(ek_call_t *call) { return ek_integer_sum_check(call, EK_INT16); }

static ek_status_t run(ek_call_t *call) { return ek_integer_sum_run(call, false, fold, store); }

const ek_kernel_t ek_sum_int16 = {
    .name = "SUM", .builtin = 74, .type = EK_INT16, .check = EK_AT_LOAD(check), .run = run};
