/* SPDX-License-Identifier: Apache-2.0 */
/* QUANTIZE between integer types: out = clamp(z_out + requantize(in − z_in, s_in / s_out)).
 * The kernels go by the input's type; this header has what they share about the output's. */
#ifndef EK_REQUANTIZE_H
#define EK_REQUANTIZE_H

#include "ek_kernel.h"

typedef struct {
  ek_tensor_t input, output;
  ek_multiplier_t multiplier;
} ek_requantize_t;

#define EK_TYPE_BIT(type) (1u << (uint32_t)(type))

/* Requires an input of `type`, an output of one of `output_types` (EK_TYPE_BIT), one scale each and equal sizes. */
EK_MUST_CHECK ek_status_t ek_requantize_decode(ek_call_t *call, ek_requantize_t *operands, ek_type_t type,
                                               uint32_t output_types);

/* Clamps `value` to the integer type of `output` and stores it as element `index`. */
void ek_store_clamped(const ek_tensor_t *output, uint32_t index, int32_t value);

/* Stores what `input`, an element of the input, becomes. */
static inline void ek_requantize_one(const ek_requantize_t *operands, uint32_t index, int32_t input) {
  const int32_t difference = ek_wrapping_add(input, -operands->input.zero_point);
  const int32_t scaled = ek_requantize(difference, operands->multiplier);
  ek_store_clamped(&operands->output, index, ek_wrapping_add(scaled, operands->output.zero_point));
}

#endif
