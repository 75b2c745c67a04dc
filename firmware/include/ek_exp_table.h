/* SPDX-License-Identifier: Apache-2.0 */
/* exp(−10 + 10·i/512) in Q0.15 for i = 0 … 512, which TFLite interpolates between. Each sample is lowered by half of
 * what the interpolation to the next one lies too high in the middle:
 *   s(x) = round(2^15 · exp(x)),  table = s(x_i) − round((round((2^15 · exp(x_i+1) + s(x_i)) / 2) − s(x_i+½)) / 2)
 * Source: tensorflow/lite/kernels/internal/common.h, LUTPopulateInt16. */
#ifndef EK_EXP_TABLE_H
#define EK_EXP_TABLE_H

#include <stdint.h>

#define EK_EXP_TABLE_LENGTH 513u

extern const int16_t ek_exp_table[EK_EXP_TABLE_LENGTH];

#endif
