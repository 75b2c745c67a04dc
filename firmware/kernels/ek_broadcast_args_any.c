/* SPDX-License-Identifier: Apache-2.0 */
/* BROADCAST_ARGS, int32 or int64: the shape that two shapes broadcast to. */
#include "ek_shape.h"

typedef struct {
  ek_tensor_t a, b, output;
} args_t;

static ek_status_t decode(ek_call_t *call, args_t *args) {
  EK_TRY(ek_call_integers(call, 0u, &args->a));
  EK_TRY(ek_call_integers(call, 1u, &args->b));
  EK_TRY(ek_call_output(call, 0u, &args->output));
  return EK_OK;
}

static ek_status_t check(ek_call_t *call) {
  args_t args;
  EK_TRY(decode(call, &args));
  if (args.a.type != args.b.type || args.a.type != args.output.type || args.a.rank != 1u || args.b.rank != 1u) {
    return ek_call_reject(call, "the operands are not shapes of one type");
  }
  const int32_t length = args.a.dims[0] > args.b.dims[0] ? args.a.dims[0] : args.b.dims[0];
  return ek_call_require_shape(call, &args.output, 1u, &length);
}

/* Extent number `i`, counted from the end. */
static int64_t extent(const ek_tensor_t *shape, uint32_t i) {
  return i < shape->num_elements ? ek_integer(shape, shape->num_elements - 1u - i) : 1;
}

static ek_status_t run(ek_call_t *call) {
  args_t args;
  EK_TRY(decode(call, &args));
  const uint32_t bytes = ek_type_bytes(args.output.type);
  for (uint32_t i = 0; i < args.output.num_elements; ++i) {
    const int64_t a = extent(&args.a, i);
    const int64_t b = extent(&args.b, i);
    if (a != b && a != 1 && b != 1) {
      return ek_call_stop(call, "the computed shapes do not broadcast");
    }
    const int64_t both = a == 1 ? b : a;
    memcpy(args.output.data + bytes * (args.output.num_elements - 1u - i), &both, bytes); /* little-endian */
  }
  return EK_OK;
}

const ek_kernel_t ek_broadcast_args_any = {.name = "BROADCAST_ARGS",
                                           .builtin = 145,
                                           .type = EK_ANY_TYPE,
                                           .is_view = false,
                                           .check = EK_AT_LOAD(check),
                                           .run = run};
