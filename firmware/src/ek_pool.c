/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_pool.h"

enum {
  OPTION_PADDING = 0,
  OPTION_STRIDE_W,
  OPTION_STRIDE_H,
  OPTION_FILTER_W,
  OPTION_FILTER_H,
  OPTION_ACTIVATION
};

ek_status_t ek_pool_decode(ek_call_t *call, ek_pool_t *pool) {
  uint8_t padding;
  ek_window_t *window = &pool->window;
  EK_TRY(ek_call_input(call, 0u, &pool->input));
  EK_TRY(ek_call_output(call, 0u, &pool->output));
  EK_TRY(ek_call_option_u8(call, OPTION_PADDING, 0u, &padding));
  EK_TRY(ek_call_option_u8(call, OPTION_ACTIVATION, 0u, &pool->activation));
  EK_TRY(ek_call_option_i32(call, OPTION_STRIDE_W, 0, &window->stride_w));
  EK_TRY(ek_call_option_i32(call, OPTION_STRIDE_H, 0, &window->stride_h));
  EK_TRY(ek_call_option_i32(call, OPTION_FILTER_W, 0, &window->filter_w));
  EK_TRY(ek_call_option_i32(call, OPTION_FILTER_H, 0, &window->filter_h));
  window->dilation_h = 1;
  window->dilation_w = 1;
  return ek_window_init(call, window, padding, &pool->input, &pool->output);
}

ek_status_t ek_pool_check(ek_call_t *call, const ek_pool_t *pool, ek_type_t type) {
  EK_TRY(ek_call_require_per_tensor(call, &pool->input, type));
  EK_TRY(ek_call_require_per_tensor(call, &pool->output, type));
  if (pool->input.dims[3] != pool->output.dims[3]) {
    return ek_call_reject(call, "input and output have different channels");
  }
  if (pool->input.scale != pool->output.scale || pool->input.zero_point != pool->output.zero_point) {
    return ek_call_refuse(call, "a pool that changes scale or zero point");
  }
  return EK_OK;
}

ek_status_t ek_pool_overlap(ek_call_t *call, uint32_t input, uint32_t *lag) {
  ek_pool_t pool;
  EK_TRY(ek_pool_decode(call, &pool));
  const uint32_t pixel_bytes = (uint32_t)pool.input.dims[3] * ek_type_bytes(pool.input.type);
  *lag = input != 0u ? EK_NO_OVERLAP
                     : ek_window_lag(&pool.window, (uint32_t)pool.input.dims[0], pixel_bytes, pixel_bytes);
  return EK_OK;
}
