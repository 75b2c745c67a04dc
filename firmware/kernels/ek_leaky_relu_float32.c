/* SPDX-License-Identifier: Apache-2.0 */
/* LEAKY_RELU, float32: x, below 0 alpha · x. */
#include "ek_unary.h"

enum { OPTION_ALPHA = 0 };

static ek_status_t check(ek_call_t *call) {
  int32_t bits;
  EK_TRY(ek_unary_check_float32(call));
  return ek_call_option_i32(call, OPTION_ALPHA, 0, &bits);
}

static ek_status_t run(ek_call_t *call) {
  ek_unary_t unary;
  int32_t bits;
  float alpha;
  EK_TRY(ek_unary_decode(call, &unary));
  EK_TRY(ek_call_option_i32(call, OPTION_ALPHA, 0, &bits)); /* a float, taken by its bits */
  memcpy(&alpha, &bits, sizeof alpha);
  for (uint32_t i = 0; i < unary.output.num_elements; ++i) {
    const float x = ek_load_f32(unary.input.data + sizeof x * i);
    ek_store_f32(unary.output.data + sizeof x * i, x > 0.0f ? x : x * alpha);
  }
  return EK_OK;
}

const ek_kernel_t ek_leaky_relu_float32 = {.name = "LEAKY_RELU",
                                           .builtin = 98,
                                           .type = EK_FLOAT32,
                                           .check = EK_AT_LOAD(check),
                                           .run = run,
                                           .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
