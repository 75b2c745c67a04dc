/* SPDX-License-Identifier: Apache-2.0 */
/* CAST: every element as a number of another type.
 * Integers wrap, numbers become bool by being other than 0, floats are cut towards zero and saturate. NaN becomes 0, as
 * in TFLite Micro (LiteRT makes it the highest integer). */
#include "ek_shape.h"

static bool is_known(uint8_t type) {
  switch (type) {
    case EK_FLOAT32:
    case EK_INT8:
    case EK_INT16:
    case EK_INT32:
    case EK_INT64:
    case EK_UINT8:
    case EK_UINT16:
    case EK_UINT32:
    case EK_BOOL:
      return true;
    default:
      return false;
  }
}

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  if (!is_known(input.type) || !is_known(output.type)) {
    return ek_call_refuse(call, "a type that is not cast here");
  }
  return ek_call_require_shape(call, &output, input.rank, input.dims);
}

static int64_t load_integer(uint8_t type, const uint8_t *from) {
  switch (type) {
    case EK_INT8:
      return (int8_t)*from;
    case EK_UINT8:
      return *from;
    case EK_INT16:
      return (int16_t)ek_load_u16(from);
    case EK_UINT16:
      return ek_load_u16(from);
    case EK_INT32:
      return ek_load_i32(from);
    case EK_UINT32:
      return ek_load_u32(from);
    case EK_INT64:
      return ek_load_i64(from);
    default:
      return *from != 0u ? 1 : 0; /* bool */
  }
}

static int64_t cut(float value, uint8_t type) {
  const bool is_unsigned = type == EK_UINT8 || type == EK_UINT16 || type == EK_UINT32;
  const uint64_t limit = 1ull << (8u * ek_type_bytes(type) - (is_unsigned ? 0u : 1u));
  if (value != value) {
    return 0;
  }
  if (value >= (float)limit) { /* a power of two, so exact */
    return (int64_t)(limit - 1u);
  }
  if (value <= (is_unsigned ? 0.0f : -(float)limit)) {
    return is_unsigned ? 0 : -(int64_t)(limit - 1u) - 1;
  }
  return (int64_t)value;
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  const uint32_t from_bytes = ek_type_bytes(input.type);
  const uint32_t to_bytes = ek_type_bytes(output.type);
  const uint8_t *from = input.data;
  uint8_t *to = output.data;
  for (uint32_t i = 0; i < output.num_elements; ++i, from += from_bytes, to += to_bytes) {
    if (input.type == output.type) {
      memcpy(to, from, to_bytes);
      continue;
    }
    float real = 0.0f;
    int64_t whole = 0;
    if (input.type == EK_FLOAT32) {
      memcpy(&real, from, sizeof real);
      whole = output.type == EK_BOOL ? (real != 0.0f ? 1 : 0) : cut(real, output.type);
    } else {
      whole = load_integer(input.type, from);
    }
    if (output.type == EK_FLOAT32) {
      real = (float)whole;
      memcpy(to, &real, sizeof real);
    } else if (output.type == EK_BOOL) {
      *to = whole != 0 ? 1u : 0u;
    } else {
      memcpy(to, &whole, to_bytes); /* little-endian: the low bits come first */
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_cast_any = {
    .name = "CAST", .builtin = 53, .type = EK_ANY_TYPE, .is_view = false, .check = EK_AT_LOAD(check), .run = run};
