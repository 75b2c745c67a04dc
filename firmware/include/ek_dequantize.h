/* SPDX-License-Identifier: Apache-2.0 */
/* DEQUANTIZE to float32: s · (x − z). The difference is exact in float32, so one multiplication rounds once, as TFLite's
 * does in double. */
#ifndef EK_DEQUANTIZE_H
#define EK_DEQUANTIZE_H

#include "ek_access.h"
#include "ek_activation.h"

EK_MUST_CHECK ek_status_t ek_dequantize_check(ek_call_t *call, ek_type_t type);

/* `load` reads element `index`; it is a constant, so that the compiler leaves no call. */
static inline __attribute__((always_inline)) ek_status_t ek_dequantize_run(ek_call_t *call,
                                                                           int32_t (*load)(const uint8_t *data,
                                                                                           uint32_t index)) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  float scale;
  memcpy(&scale, &input.scale, sizeof scale);
  for (uint32_t i = 0; i < output.num_elements; ++i) {
    ek_store_f32(output.data + sizeof(float) * i, scale * (float)(load(input.data, i) - input.zero_point));
  }
  return EK_OK;
}

#endif
