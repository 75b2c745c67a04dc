/* SPDX-License-Identifier: Apache-2.0 */
/* PAD and PADV2: two operators of the schema for one and the same thing. */
#ifndef EK_PAD_H
#define EK_PAD_H

#include "ek_shape.h"

EK_MUST_CHECK ek_status_t ek_pad_check(ek_call_t *call);
EK_MUST_CHECK ek_status_t ek_pad_run(ek_call_t *call);

/* Entries before and after axis `axis` from a constant operand of (rank, 2) that ek_pad_amounts accepted. */
int32_t ek_pad_before(const ek_tensor_t *amounts, uint32_t axis);
int32_t ek_pad_after(const ek_tensor_t *amounts, uint32_t axis);

/* Input `position`: how many entries to add before and after each axis of `input`; requires `output` to have the shape
 * that follows. */
EK_MUST_CHECK ek_status_t ek_pad_amounts(ek_call_t *call, uint32_t position, const ek_tensor_t *input,
                                         const ek_tensor_t *output, ek_tensor_t *amounts);

#endif
