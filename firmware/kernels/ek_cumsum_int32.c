/* SPDX-License-Identifier: Apache-2.0 */
/* CUMSUM, int32: sums wrap. */
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
    int32_t sum = 0;
    for (int32_t i = 0; i < cumsum.size; ++i) {
      int32_t value;
      memcpy(&value, cumsum.input.data + sizeof value * (uint32_t)at, sizeof value);
      const int32_t before = sum;
      sum = ek_wrapping_add(sum, value);
      const int32_t result = cumsum.exclusive ? before : sum;
      memcpy(cumsum.output.data + sizeof result * (uint32_t)at, &result, sizeof result);
      at += cumsum.stride;
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_cumsum_int32 = {
    .name = "CUMSUM", .builtin = 128, .type = EK_INT32, .is_view = false, .check = EK_AT_LOAD(check), .run = run};
