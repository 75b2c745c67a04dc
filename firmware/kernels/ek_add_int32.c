/* SPDX-License-Identifier: Apache-2.0 */
/* ADD, int32, not quantized, with broadcasting: clamp(in1 + in2) in two's complement. */
#include "ek_clamped.h"

static int32_t add(const ek_clamp_int32_t *clamp, int32_t a, int32_t b) {
  return ek_clamp((int32_t)((uint32_t)a + (uint32_t)b), clamp->low, clamp->high);
}

EK_DEFINE_ROW(add_row, ek_clamp_int32_t, int32_t, int32_t, add)

static ek_status_t check(ek_call_t *call) { return ek_clamped_int32_check(call); }

static ek_status_t run(ek_call_t *call) { return ek_clamped_int32_run(call, add_row); }

const ek_kernel_t ek_add_int32 = {.name = "ADD",
                                  .builtin = 0,
                                  .type = EK_INT32,
                                  .check = EK_AT_LOAD(check),
                                  .run = run,
                                  .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
