/* SPDX-License-Identifier: Apache-2.0 */
/* Operators with one input and one output of the same type and size, element by element.
 * Element i of the input is read before element i of the output is written, and never again: both may share memory. */
#ifndef EK_UNARY_H
#define EK_UNARY_H

#include "ek_access.h"
#include "ek_kernel.h"

typedef struct {
  ek_tensor_t input, output;
} ek_unary_t;

EK_MUST_CHECK ek_status_t ek_unary_decode(ek_call_t *call, ek_unary_t *unary);

/* Requires both operands to be of `type` and of one size; quantized types also to have one scale each, int16 with
 * zero points 0. */
EK_MUST_CHECK ek_status_t ek_unary_check(ek_call_t *call, ek_unary_t *unary, ek_type_t type);

/* `check` of a float32 kernel without options. */
EK_MUST_CHECK ek_status_t ek_unary_check_float32(ek_call_t *call);

/* output[i] = function(input[i]): `run` of such a kernel. */
EK_MUST_CHECK ek_status_t ek_unary_run_float32(ek_call_t *call, float (*function)(float x));

/* output[i] = clamp(function(context, input[i])) for int8 and int16, clamped to the type's range. */
void ek_unary_map_integers(const ek_unary_t *unary, int32_t (*function)(const void *context, int32_t value),
                           const void *context);

#endif
