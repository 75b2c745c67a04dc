/* SPDX-License-Identifier: Apache-2.0 */
/* Turns float scales into integer multipliers without floating-point arithmetic.
 *
 * TFLite computes these numbers in double. A Cortex-M has no double unit, and its soft-double library costs more
 * than everything else a load does, so the same roundings are made here on integers. Scales are handed over as the
 * bits of a positive, finite float32; 0, which a tensor without a scale has, is taken without harm.
 */
#ifndef EK_SCALE_H
#define EK_SCALE_H

#include <stdbool.h>
#include <stdint.h>

#define EK_FLOAT_ONE 0x3F800000u
#define EK_FLOAT_SIX 0x40C00000u
#define EK_FLOAT_SMALLEST 0x00800000u /* the smallest normal number, the largest finite one */
#define EK_FLOAT_LARGEST 0x7F7FFFFFu

/* value ≈ multiplier · 2^(shift − 31), multiplier in [2^30, 2^31), or 0 where the value is too small to matter. */
typedef struct {
  int32_t multiplier;
  int32_t shift;
} ek_multiplier_t;

/* The double mantissa · 2^exponent; the mantissa has 53 bits, or is 2^53, or 0. */
typedef struct {
  uint64_t mantissa;
  int32_t exponent;
} ek_double_t;

/* (double)a · (double)b / (double)c, rounded as a double is. */
ek_double_t ek_double_ratio(uint32_t a, uint32_t b, uint32_t c);

/* (int32_t)round(value · factor): the product as a double, then half away from zero; INT32_MIN where it does not fit,
 * as on x86-64. */
int32_t ek_multiply_by_double(int32_t value, ek_double_t factor);

/* QuantizeMultiplier((double)a · (double)b / (double)c · 2^exponent), rounded as TFLite rounds it: the quotient to
 * the 53 bits of a double, half to even, then to 31 bits, half away from zero.
 * Source: tensorflow/lite/kernels/internal/quantization_util.cc, QuantizeMultiplier. */
ek_multiplier_t ek_multiplier(uint32_t a, uint32_t b, uint32_t c, int32_t exponent);

/* QuantizeMultiplier(1.0 / (sqrt((double)a) · (double)b)), every step rounded as a double is. */
ek_multiplier_t ek_inverse_root_multiplier(uint32_t a, uint32_t b);

/* The same of (double)a · (double)b over the double divisor · 2^exponent; the divisor has exactly 53 bits. */
ek_multiplier_t ek_multiplier_over_double(uint32_t a, uint32_t b, uint64_t divisor, int32_t exponent);

/* QuantizeMultiplier((double)a / ((double)b · (double)c)). */
ek_multiplier_t ek_multiplier_over_product(uint32_t a, uint32_t b, uint32_t c);

/* The bits of (float)a · (float)b rounded to nearest even; overflow and underflow saturate to the nearest normal. */
uint32_t ek_float_product(uint32_t a, uint32_t b);

/* The bits of (float)a / (float)b rounded to nearest even; overflow and underflow saturate to the nearest normal. */
uint32_t ek_float_quotient(uint32_t a, uint32_t b);

/* round((float)a / (float)b), half away from zero, after the quotient was rounded to a float32.
 * Returns false if the result does not fit 30 bits. */
bool ek_float_ratio_rounded(uint32_t a, uint32_t b, int32_t *rounded);

#endif
