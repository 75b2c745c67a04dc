/* SPDX-License-Identifier: Apache-2.0 */
/* What exp, expm1 and tanh share. Not for kernels: ek_math.h is. */
#ifndef EK_EXP_CORE_H
#define EK_EXP_CORE_H

#include "ek_float_parts.h"

/* |exp(±x) − 1| for x in (0, 128), with 30 bits or more that are right; 0 < x is given as parts. */
ek_parts_t ek_expm1_parts(ek_parts_t x, bool is_negative);

#endif
