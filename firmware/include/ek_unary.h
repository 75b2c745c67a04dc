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

/* The same for the type of the first input, int8 or int16. */
EK_MUST_CHECK ek_status_t ek_unary_check_quantized(ek_call_t *call, ek_unary_t *unary);

/* `check` of a float32 kernel without options. */
EK_MUST_CHECK ek_status_t ek_unary_check_float32(ek_call_t *call);

/* output[i] = function(input[i]): `run` of such a kernel. */
EK_MUST_CHECK ek_status_t ek_unary_run_float32(ek_call_t *call, float (*function)(float x));

/* A function of one quantized value; what it returns is clamped to the type's range. */
typedef int32_t (*ek_unary_integer_t)(const void *context, int32_t value);

/* output[i] = function(context, input[i]) for int8 and int16. An int8 tensor that is large enough gets the table of
 * all 256 results from ek_unary_scratch, and the function is called 256 times. */
void ek_unary_run_integers(ek_call_t *call, const ek_unary_t *unary, ek_unary_integer_t function,
                           const void *context);

/* `scratch` of the kernels that use ek_unary_run_integers. */
EK_MUST_CHECK ek_status_t ek_unary_scratch(ek_call_t *call, uint32_t *num_bytes);

#endif
