/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors laid side by side along an axis, and taken apart again.
 *
 * Seen from the axis outwards, every operand is `rows` chunks: a row of the whole is one chunk of each part in turn.
 * CONCATENATION, PACK, SPLIT, SPLIT_V and UNPACK differ only in what they ask of the shapes.
 */
#ifndef EK_JOIN_H
#define EK_JOIN_H

#include "ek_shape.h"

/* Requires `part` to have the type of `whole` and its shape apart from `axis`, and adds its extent along it. */
EK_MUST_CHECK ek_status_t ek_join_check_part(ek_call_t *call, const ek_tensor_t *whole, const ek_tensor_t *part,
                                             uint32_t axis, int32_t *extent);

/* Requires `part` to be a slice of `whole` that lacks `axis`. */
EK_MUST_CHECK ek_status_t ek_join_check_slice(ek_call_t *call, const ek_tensor_t *whole, const ek_tensor_t *part,
                                              uint32_t axis);

/* All inputs into output 0, and one input into all outputs. Sizes were checked to add up. */
EK_MUST_CHECK ek_status_t ek_join_inputs(ek_call_t *call, uint32_t rows);
EK_MUST_CHECK ek_status_t ek_join_outputs(ek_call_t *call, const ek_tensor_t *whole, uint32_t rows);

/* Requires the outputs of SPLIT and SPLIT_V to make up `whole` along `axis`. */
EK_MUST_CHECK ek_status_t ek_join_check_outputs(ek_call_t *call, const ek_tensor_t *whole, uint32_t axis);

#endif
