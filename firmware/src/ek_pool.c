/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_pool.h"

#include "ek_activation.h"

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

/* Scales that TFLite takes for equal: they differ by less than a millionth, whatever their size. */
static bool are_close(const ek_tensor_t *a, const ek_tensor_t *b) {
  float scale_a;
  float scale_b;
  memcpy(&scale_a, &a->scale, sizeof scale_a);
  memcpy(&scale_b, &b->scale, sizeof scale_b);
  return scale_a - scale_b <= 1.0e-6f && scale_b - scale_a <= 1.0e-6f;
}

static ek_status_t check_channels(ek_call_t *call, const ek_pool_t *pool) {
  return pool->input.dims[3] == pool->output.dims[3]
             ? EK_OK
             : ek_call_reject(call, "input and output have different channels");
}

ek_status_t ek_pool_check_float32(ek_call_t *call) {
  ek_pool_t pool;
  float low;
  float high;
  EK_TRY(ek_pool_decode(call, &pool));
  EK_TRY(check_channels(call, &pool));
  if (pool.output.type != EK_FLOAT32) {
    return ek_call_refuse(call, "the operands are of different types");
  }
  return ek_activation_float32(call, pool.activation, &low, &high);
}

ek_status_t ek_pool_check_quantized(ek_call_t *call, ek_type_t type) {
  ek_pool_t pool;
  int32_t low;
  int32_t high;
  EK_TRY(ek_pool_decode(call, &pool));
  EK_TRY(check_channels(call, &pool));
  EK_TRY(ek_require_quantized(call, &pool.input, type));
  EK_TRY(ek_require_quantized(call, &pool.output, type));
  if (!are_close(&pool.input, &pool.output) || pool.input.zero_point != pool.output.zero_point) {
    return ek_call_refuse(call, "a pool that changes scale or zero point");
  }
  return ek_activation_quantized(call, pool.activation, &pool.output, &low, &high);
}

ek_status_t ek_pool_overlap(ek_call_t *call, uint32_t input, uint32_t *lag) {
  ek_pool_t pool;
  EK_TRY(ek_pool_decode(call, &pool));
  const uint32_t pixel_bytes = (uint32_t)pool.input.dims[3] * ek_type_bytes(pool.input.type);
  *lag = input != 0u ? EK_NO_OVERLAP
                     : ek_window_lag(&pool.window, (uint32_t)pool.input.dims[0], pixel_bytes, pixel_bytes);
  return EK_OK;
}
