/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic on operands that are not quantized, clamped by a fused activation. */
#ifndef EK_CLAMPED_H
#define EK_CLAMPED_H

#include "ek_activation.h"
#include "ek_broadcast.h"

typedef struct {
  float low, high;
} ek_clamp_float32_t;

typedef struct {
  int32_t low, high;
} ek_clamp_int32_t;

EK_MUST_CHECK ek_status_t ek_clamped_float32_check(ek_call_t *call);
EK_MUST_CHECK ek_status_t ek_clamped_float32_run(ek_call_t *call, ek_row_function_t row);

/* int32 operands with a scale are refused: nobody says what it would mean. */
EK_MUST_CHECK ek_status_t ek_clamped_int32_check(ek_call_t *call);
EK_MUST_CHECK ek_status_t ek_clamped_int32_run(ek_call_t *call, ek_row_function_t row);

#endif
