/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that fold some axes of their input into one element:
 *   input  any shape;  axes  int32, constant, negative ones counted from the end;  output  the axes that are left.
 * A kernel folds a run of elements into its context, and stores the context when an output is complete. */
#ifndef EK_REDUCE_H
#define EK_REDUCE_H

#include "ek_kernel.h"

typedef struct {
  ek_tensor_t input, output;
  uint32_t axes;      /* a bit for each axis that is folded */
  uint32_t num_folded; /* elements of the input that become one of the output */
} ek_reduce_t;

/* Takes `count` elements that lie `step` bytes apart. */
typedef void (*ek_fold_t)(void *context, const uint8_t *in, uint32_t count, uint32_t step);

/* Writes output `index` and makes the context ready for the next. */
typedef void (*ek_store_t)(void *context, uint32_t index);

EK_MUST_CHECK ek_status_t ek_reduce_decode(ek_call_t *call, ek_reduce_t *reduce);

/* Requires input and output of `type`, constant axes, and an output of the size that follows. */
EK_MUST_CHECK ek_status_t ek_reduce_check(ek_call_t *call, ek_type_t type);

/* Requires, beyond that, that input and output share scale and zero point. */
EK_MUST_CHECK ek_status_t ek_reduce_check_same_scale(ek_call_t *call, ek_type_t type);

/* Folds the elements of each output in the order in which they lie in memory. */
void ek_reduce_run(const ek_reduce_t *reduce, ek_fold_t fold, ek_store_t store, void *context);

#endif
