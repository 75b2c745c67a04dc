/* SPDX-License-Identifier: Apache-2.0 */
/* int8 operators that TFLite defines by a table which it fills in float32:
 *   z_out + round(function(s_in · (in − z_in)) · (1 / s_out)), clamped.
 * The same float32 steps are taken here, once for each element or, on large tensors, once for each of the 256 values. */
#ifndef EK_FLOAT_TABLE_H
#define EK_FLOAT_TABLE_H

#include "ek_unary.h"

/* Also requires that the results of all 256 inputs fit an int32 of steps, where the reference stops being defined;
 * where `function` gives −infinity or NaN, the lowest int8 comes out. */
EK_MUST_CHECK ek_status_t ek_float_table_check(ek_call_t *call, float (*function)(float x));
EK_MUST_CHECK ek_status_t ek_float_table_run(ek_call_t *call, float (*function)(float x));

#endif
