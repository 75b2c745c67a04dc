/* SPDX-License-Identifier: Apache-2.0 */
/* Operators of two operands that broadcast: extents, counted from the last axis, are equal or one of them is 1.
 *
 * A kernel is a formula for one element. EK_DEFINE_ROW makes a loop over a row of it; ek_binary_run cuts the output
 * into rows. Axes that both operands walk through without a break are one axis, so operands of equal shape, or a
 * tensor and a scalar, are a single row.
 */
#ifndef EK_BROADCAST_H
#define EK_BROADCAST_H

#include "ek_kernel.h"

typedef struct {
  ek_tensor_t in1, in2, output;
} ek_binary_t;

/* `count` elements of the output that lie side by side. Steps are bytes; 0 repeats one element. */
typedef struct {
  const uint8_t *in1, *in2;
  uint8_t *out;
  uint32_t count;
  uint32_t step1, step2;
} ek_row_t;

typedef void (*ek_row_function_t)(const void *context, const ek_row_t *row);

/* Decodes inputs 0 and 1 and output 0. */
EK_MUST_CHECK ek_status_t ek_binary_decode(ek_call_t *call, ek_binary_t *binary);

/* Requires inputs of type `in` and an output of type `out`, and shapes that broadcast to the output's. */
EK_MUST_CHECK ek_status_t ek_binary_check(ek_call_t *call, ek_type_t in, ek_type_t out);

/* The same for decoded operands whose inputs have types of their own. */
EK_MUST_CHECK ek_status_t ek_binary_check_mixed(ek_call_t *call, const ek_binary_t *binary, ek_type_t in1,
                                                ek_type_t in2, ek_type_t out);

/* Requires that no element of the second input is `zero`. */
EK_MUST_CHECK ek_status_t ek_binary_require_divisor(ek_call_t *call, int32_t zero);

/* Calls `row` until the output is complete. */
EK_MUST_CHECK ek_status_t ek_binary_run(ek_call_t *call, ek_row_function_t row, const void *context);

/* Defines a row function: out = formula(context, in1, in2). Elements are copied, because constants lie in the file at
 * whatever address. */
#define EK_DEFINE_ROW(name, context_type, in_type, out_type, formula) \
  EK_DEFINE_MIXED_ROW(name, context_type, in_type, in_type, out_type, formula)

/* The same for inputs of different types. */
#define EK_DEFINE_MIXED_ROW(name, context_type, in1_type, in2_type, out_type, formula) \
  static void name(const void *context, const ek_row_t *row) {        \
    const context_type *const parameters = context;                   \
    const uint8_t *in1 = row->in1;                                    \
    const uint8_t *in2 = row->in2;                                    \
    uint8_t *out = row->out;                                          \
    for (uint32_t i = 0; i < row->count; ++i) {                       \
      in1_type a;                                                     \
      in2_type b;                                                     \
      memcpy(&a, in1, sizeof a);                                      \
      memcpy(&b, in2, sizeof b);                                      \
      const out_type result = formula(parameters, a, b);              \
      memcpy(out, &result, sizeof result);                            \
      in1 += row->step1;                                              \
      in2 += row->step2;                                              \
      out += sizeof result;                                           \
    }                                                                 \
  }

#endif
