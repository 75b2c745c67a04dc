/* SPDX-License-Identifier: Apache-2.0 */
/* The operands of ADD_N. */
#ifndef EK_ADD_N_H
#define EK_ADD_N_H

#include "ek_kernel.h"

#define EK_ADD_N_MAX_INPUTS 64u

typedef struct {
  const uint8_t *inputs[EK_ADD_N_MAX_INPUTS];
  uint8_t *out;
  uint32_t num_inputs;
  uint32_t num_elements;
  uint32_t scale, output_scale;
  int32_t zero_point, output_zero;
} ek_add_n_t;

/* Requires two or more inputs that are alike in shape, `type`, scale and zero point, and an output of their size. */
EK_MUST_CHECK ek_status_t ek_add_n_check(ek_call_t *call, ek_type_t type);

EK_MUST_CHECK ek_status_t ek_add_n_decode(ek_call_t *call, ek_add_n_t *operands);

#endif
