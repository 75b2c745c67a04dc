/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes, axes and the one loop that moves elements: what the kernels share that compute nothing. */
#ifndef EK_SHAPE_H
#define EK_SHAPE_H

#include "ek_kernel.h"

/* Keeps what a loop needs off the stack while operands are decoded, which goes much deeper than any loop. */
#define EK_OUT_OF_LINE __attribute__((noinline))

/* A nest of loops, outermost first. Steps are bytes from one element to the next along an axis: 0 repeats an element,
 * a negative step walks backwards. At most EK_MAX_RANK axes. */
typedef struct {
  uint32_t rank;
  int32_t extents[EK_MAX_RANK];
  int32_t from_steps[EK_MAX_RANK];
  int32_t to_steps[EK_MAX_RANK];
} ek_walk_t;

/* Adds the next inner axis. */
void ek_walk_add(ek_walk_t *walk, int32_t extent, int32_t from_step, int32_t to_step);

/* Copies elements of `element_bytes` from `from` to `to`, which must not overlap, along `walk`, which it uses up. Every
 * place that the walk reaches must lie inside its tensor. */
void ek_move(ek_walk_t *walk, const uint8_t *from, uint8_t *to, uint32_t element_bytes);

/* Writes `count` copies of the `element_bytes` (1 to 8) at `value`. */
void ek_fill(uint8_t *to, const uint8_t *value, uint32_t count, uint32_t element_bytes);

/* The value 0 of a tensor as its bytes: the zero point if it is quantized to 8 bits, and 0 else. */
void ek_zero_of(const ek_tensor_t *tensor, uint8_t zero[8]);

/* Bytes between neighbours along each axis of a dense tensor. */
void ek_byte_steps(const ek_tensor_t *tensor, int32_t steps[EK_MAX_RANK]);

/* Product of the extents of axes [first, end). */
uint32_t ek_extent(const ek_tensor_t *tensor, uint32_t first, uint32_t end);

/* Extent along axis `axis` of a shape of `rank` axes that the tensor is to be broadcast to: 1 where it has none. */
int32_t ek_broadcast_extent(const ek_tensor_t *tensor, uint32_t axis, uint32_t rank);

/* Entry `index` of an operand that ek_call_integers accepted and whose data is known. */
int64_t ek_integer(const ek_tensor_t *tensor, uint32_t index);

/* Input `position` and output 0, which must be of one type. */
EK_MUST_CHECK ek_status_t ek_call_moved(ek_call_t *call, uint32_t position, ek_tensor_t *input, ek_tensor_t *output);

/* An operand of int32 or int64, perhaps without elements: a scalar's shape has none. Its data is NULL during the check of a model unless it is constant. */
EK_MUST_CHECK ek_status_t ek_call_integers(ek_call_t *call, uint32_t position, ek_tensor_t *tensor);

/* The same, and it must be constant and have `count` entries. */
EK_MUST_CHECK ek_status_t ek_call_constants(ek_call_t *call, uint32_t position, uint32_t count, ek_tensor_t *tensor);

/* Brings an axis from −rank … rank − 1 to 0 … rank − 1. */
EK_MUST_CHECK ek_status_t ek_call_axis(ek_call_t *call, int64_t value, uint32_t rank, uint32_t *axis);

/* The same for an axis that is a constant operand. */
EK_MUST_CHECK ek_status_t ek_call_constant_axis(ek_call_t *call, uint32_t position, uint32_t rank, uint32_t *axis);

/* Requires `tensor` to have exactly these extents. */
EK_MUST_CHECK ek_status_t ek_call_require_shape(ek_call_t *call, const ek_tensor_t *tensor, uint32_t rank,
                                                const int32_t *dims);

/* Requires an operand that spells a shape, as far as its data is known, to spell that of `tensor`. */
EK_MUST_CHECK ek_status_t ek_call_require_spelled(ek_call_t *call, const ek_tensor_t *spelled,
                                                  const ek_tensor_t *tensor);

/* An index, a shape or a position that was computed by the model is not one that the operator can take. */
EK_MUST_CHECK ek_status_t ek_call_stop(ek_call_t *call, const char *reason);

#endif
