/* SPDX-License-Identifier: Apache-2.0 */
/* RELU6 for int8 and int16: clamp(in, z_in, z_in + round(6 / s_in)).
 * TFLite Micro does not look at the output's quantization, and neither do we; TFLite would rescale where it differs. */
#ifndef EK_RELU6_H
#define EK_RELU6_H

#include "ek_unary.h"

EK_MUST_CHECK ek_status_t ek_relu6_check(ek_call_t *call);
EK_MUST_CHECK ek_status_t ek_relu6_run(ek_call_t *call);

#endif
