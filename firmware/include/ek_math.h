/* SPDX-License-Identifier: Apache-2.0 */
/* Single-precision functions without libm, for float32 kernels.
 *
 * They are computed in 32-bit fixed point: the same bits on every core, with or without an FPU, and no double.
 * Subnormal, infinite and NaN arguments give what C's functions of the same names give; no flags, no errno.
 * Largest errors against the exact result, found by tests/firmware/test_math.py, in ULP:
 *   exp, expm1, log, tanh, sin, cos: below 0.54;  sqrt, floor, ceil, round, trunc, fmod: exact or correctly rounded.
 */
#ifndef EK_MATH_H
#define EK_MATH_H

float ek_expf(float x);
float ek_expm1f(float x);
float ek_logf(float x);
float ek_tanhf(float x);
float ek_sinf(float x);
float ek_cosf(float x);

/* 1 / (1 + exp(-x)) with the cutoffs of TFLite's reference: 1 above 16.62, exp(x) below −9. */
float ek_logisticf(float x);

float ek_sqrtf(float x);

/* 1 / sqrt(x), rounded twice, as TFLite does it. */
float ek_rsqrtf(float x);

float ek_floorf(float x);
float ek_ceilf(float x);
float ek_truncf(float x);

/* To the nearest integer, halves to the even one: TFLite's ROUND. */
float ek_roundf(float x);

/* To the nearest integer, halves away from zero: C's roundf, TfLiteRound. */
float ek_round_half_away(float x);

/* x − n·y with the integer n that brings it closest to 0 without changing x's sign: C's fmodf. */
float ek_fmodf(float x, float y);

#endif
