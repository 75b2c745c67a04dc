/* SPDX-License-Identifier: Apache-2.0 */
/* ARG_MAX and ARG_MIN: along an axis, the index of the first entry that is better than all before it. */
#ifndef EK_ARG_H
#define EK_ARG_H

#include "ek_shape.h"

EK_MUST_CHECK ek_status_t ek_arg_check(ek_call_t *call);
EK_MUST_CHECK ek_status_t ek_arg_run(ek_call_t *call, bool largest);

#endif
