/* SPDX-License-Identifier: Apache-2.0 */
/* Quantized functions that are straight on either side of zero, for int8 and int16:
 *   out = clamp(z_out + requantize(in − z_in, in ≥ z_in ? positive : negative))
 *   RELU        positive s_in / s_out, negative 0
 *   ABS         the same, and the negative side mirrors the positive one
 *   LEAKY_RELU  positive s_in / s_out, negative s_in · alpha / s_out
 */
#ifndef EK_SLOPES_H
#define EK_SLOPES_H

#include "ek_unary.h"

/* `check` of RELU and ABS; `run` of each. */
EK_MUST_CHECK ek_status_t ek_slopes_check(ek_call_t *call);
EK_MUST_CHECK ek_status_t ek_relu_run(ek_call_t *call);
EK_MUST_CHECK ek_status_t ek_abs_run(ek_call_t *call);

EK_MUST_CHECK ek_status_t ek_leaky_relu_check(ek_call_t *call);
EK_MUST_CHECK ek_status_t ek_leaky_relu_run(ek_call_t *call);

#endif
