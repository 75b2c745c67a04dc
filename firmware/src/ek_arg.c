/* SPDX-License-Identifier: Apache-2.0 */
/* input (outer…, axis, inner…), output (outer…, inner…) of int32 or int64. */
#include "ek_arg.h"

typedef struct {
  ek_tensor_t input, output;
  uint32_t axis;
} arg_t;

static ek_status_t decode(ek_call_t *call, arg_t *arg) {
  EK_TRY(ek_call_input(call, 0u, &arg->input));
  EK_TRY(ek_call_output(call, 0u, &arg->output));
  return ek_call_constant_axis(call, 1u, arg->input.rank, &arg->axis);
}

ek_status_t ek_arg_check(ek_call_t *call) {
  arg_t arg;
  int32_t dims[EK_MAX_RANK];
  EK_TRY(decode(call, &arg));
  switch (arg.input.type) {
    case EK_FLOAT32:
    case EK_INT8:
    case EK_UINT8:
    case EK_INT16:
    case EK_INT32:
    case EK_INT64:
    case EK_BOOL:
      break;
    default:
      return ek_call_refuse(call, "an input type that is not compared here");
  }
  if (arg.output.type != EK_INT32 && arg.output.type != EK_INT64) {
    return ek_call_refuse(call, "indices that are neither int32 nor int64");
  }
  uint32_t rank = 0u;
  for (uint32_t i = 0; i < arg.input.rank; ++i) {
    if (i != arg.axis) {
      dims[rank++] = arg.input.dims[i];
    }
  }
  return ek_call_require_shape(call, &arg.output, rank, dims);
}

static int64_t load(uint8_t type, const uint8_t *from) {
  switch (type) {
    case EK_INT8:
      return (int8_t)*from;
    case EK_INT16:
      return (int16_t)ek_load_u16(from);
    case EK_INT32:
      return ek_load_i32(from);
    case EK_INT64:
      return ek_load_i64(from);
    default:
      return *from; /* uint8, bool */
  }
}

static bool is_less(uint8_t type, const uint8_t *a, const uint8_t *b) {
  if (type == EK_FLOAT32) { /* not by the bits: zeros are equal, and nothing is less than a NaN */
    float x;
    float y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y;
  }
  return load(type, a) < load(type, b);
}

ek_status_t ek_arg_run(ek_call_t *call, bool largest) {
  arg_t arg;
  EK_TRY(decode(call, &arg));
  const uint32_t size = (uint32_t)arg.input.dims[arg.axis];
  const uint32_t num_outer = ek_extent(&arg.input, 0u, arg.axis);
  const uint32_t step = arg.input.num_bytes / num_outer / size;
  const uint32_t element_bytes = ek_type_bytes(arg.input.type);
  const uint32_t index_bytes = ek_type_bytes(arg.output.type);
  uint8_t *to = arg.output.data;
  for (uint32_t outer = 0; outer < num_outer; ++outer) {
    for (uint32_t inner = 0; inner < step; inner += element_bytes) {
      const uint8_t *first = arg.input.data + (size_t)outer * size * step + inner;
      const uint8_t *best = first;
      uint64_t index = 0u;
      for (uint32_t i = 1; i < size; ++i) {
        const uint8_t *next = first + (size_t)i * step;
        if (largest ? is_less(arg.input.type, best, next) : is_less(arg.input.type, next, best)) {
          best = next;
          index = i;
        }
      }
      memcpy(to, &index, index_bytes); /* little-endian: the lower half comes first */
      to += index_bytes;
    }
  }
  return EK_OK;
}
