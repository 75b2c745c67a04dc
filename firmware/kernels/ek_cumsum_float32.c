/* SPDX-License-Identifier: Apache-2.0 */
/* CUMSUM, float32: one addition after the other, in the order of the axis. */
#include "ek_cumsum.h"

static ek_status_t check(ek_call_t *call) {
  ek_cumsum_t cumsum;
  return ek_cumsum_decode(call, &cumsum);
}

static ek_status_t run(ek_call_t *call) {
  ek_cumsum_t cumsum;
  EK_TRY(ek_cumsum_decode(call, &cumsum));
  for (int32_t row = 0; row < cumsum.num_rows; ++row) {
    int32_t at = ek_cumsum_start(&cumsum, row);
    float sum = 0;
    for (int32_t i = 0; i < cumsum.size; ++i) {
      float value;
      memcpy(&value, cumsum.input.data + sizeof value * (uint32_t)at, sizeof value);
      const float before = sum;
      sum = sum + value;
      const float result = cumsum.exclusive ? before : sum;
      memcpy(cumsum.output.data + sizeof result * (uint32_t)at, &result, sizeof result);
      at += cumsum.stride;
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_cumsum_float32 = {
    .name = "CUMSUM", .builtin = 128, .type = EK_FLOAT32, .is_view = false, .check = EK_AT_LOAD(check), .run = run};
