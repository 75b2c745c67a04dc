/* SPDX-License-Identifier: Apache-2.0 */
/* MUL, int8, with broadcasting: clamp(z_out + requantize((in1 − z1) · (in2 − z2), s1 · s2 / s_out)). */
#include "ek_product.h"

static int8_t multiply(const ek_product_t *product, int8_t a, int8_t b) {
  return (int8_t)ek_product_result(product, (a - product->zero1) * (b - product->zero2));
}

EK_DEFINE_ROW(multiply_row, ek_product_t, int8_t, int8_t, multiply)

static ek_status_t check(ek_call_t *call) { return ek_product_check(call, EK_INT8); }

static ek_status_t run(ek_call_t *call) { return ek_product_run(call, EK_INT8, multiply_row); }

const ek_kernel_t ek_mul_int8 = {.name = "MUL",
                                 .builtin = 18,
                                 .type = EK_INT8,
                                 .check = EK_AT_LOAD(check),
                                 .run = run,
                                 .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
