/* SPDX-License-Identifier: Apache-2.0 */
/* ADD_N, float32: the sum of all inputs, which have one shape, in their order. */
#include "ek_add_n.h"

static ek_status_t check(ek_call_t *call) { return ek_add_n_check(call, EK_FLOAT32); }

static ek_status_t run(ek_call_t *call) {
  ek_add_n_t operands;
  EK_TRY(ek_add_n_decode(call, &operands));
  for (uint32_t i = 0; i < operands.num_elements; ++i) {
    float sum = 0.0f;
    for (uint32_t input = 0; input < operands.num_inputs; ++input) {
      float value;
      memcpy(&value, operands.inputs[input] + sizeof value * i, sizeof value);
      sum += value;
    }
    memcpy(operands.out + sizeof sum * i, &sum, sizeof sum);
  }
  return EK_OK;
}

const ek_kernel_t ek_add_n_float32 = {.name = "ADD_N",
                                      .builtin = 106,
                                      .type = EK_FLOAT32,
                                      .check = EK_AT_LOAD(check),
                                      .run = run,
                                      .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
