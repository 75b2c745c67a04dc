/* SPDX-License-Identifier: Apache-2.0 */
/* MUL, int16, with broadcasting: clamp(z_out + requantize((in1 − z1) · (in2 − z2), s1 · s2 / s_out)). Zero points are 0. */
#include "ek_product.h"

static int16_t multiply(const ek_product_t *product, int16_t a, int16_t b) {
  return (int16_t)ek_product_result(product, (a - product->zero1) * (b - product->zero2));
}

EK_DEFINE_ROW(multiply_row, ek_product_t, int16_t, int16_t, multiply)

static ek_status_t check(ek_call_t *call) { return ek_product_check(call, EK_INT16); }

static ek_status_t run(ek_call_t *call) { return ek_product_run(call, EK_INT16, multiply_row); }

const ek_kernel_t ek_mul_int16 = {.name = "MUL",
                                  .builtin = 18,
                                  .type = EK_INT16,
                                  .check = EK_AT_LOAD(check),
                                  .run = run,
                                  .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
