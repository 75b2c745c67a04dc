/* SPDX-License-Identifier: Apache-2.0 */
/* LOGICAL_AND, bool, with broadcasting: in1 && in2. Every byte but 0 is true. */
#include "ek_broadcast.h"

static uint8_t combine(const void *unused, uint8_t a, uint8_t b) {
  (void)unused;
  return (uint8_t)(a != 0u && b != 0u);
}

EK_DEFINE_ROW(combine_row, void, uint8_t, uint8_t, combine)

static ek_status_t check(ek_call_t *call) { return ek_binary_check(call, EK_BOOL, EK_BOOL); }

static ek_status_t run(ek_call_t *call) { return ek_binary_run(call, combine_row, NULL); }

const ek_kernel_t ek_logical_and_bool = {.name = "LOGICAL_AND",
                                         .builtin = 86,
                                         .type = EK_BOOL,
                                         .check = EK_AT_LOAD(check),
                                         .run = run,
                                         .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
