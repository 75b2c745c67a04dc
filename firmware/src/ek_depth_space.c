/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_depth_space.h"

enum { OPTION_BLOCK_SIZE = 0 };

static ek_status_t decode(ek_call_t *call, ek_tensor_t *input, ek_tensor_t *output, int32_t *block) {
  EK_TRY(ek_call_moved(call, 0u, input, output));
  EK_TRY(ek_call_option_i32(call, OPTION_BLOCK_SIZE, 0, block));
  return EK_OK;
}

ek_status_t ek_depth_space_check(ek_call_t *call, bool to_space) {
  ek_tensor_t input;
  ek_tensor_t output;
  int32_t block;
  EK_TRY(decode(call, &input, &output, &block));
  if (input.rank != 4u || output.rank != 4u) {
    return ek_call_refuse(call, "a tensor that is not (batch, height, width, channels)");
  }
  const ek_tensor_t *deep = to_space ? &input : &output;
  const ek_tensor_t *wide = to_space ? &output : &input;
  /* Extents are below 2^29, so with a block below 2^15 the products do not wrap. */
  if (block < 1 || block > INT16_MAX || wide->dims[0] != deep->dims[0] ||
      wide->dims[1] != (int64_t)deep->dims[1] * block || wide->dims[2] != (int64_t)deep->dims[2] * block ||
      deep->dims[3] != (int64_t)wide->dims[3] * block * block) {
    return ek_call_reject(call, "the shapes do not fit the block size");
  }
  return EK_OK;
}

ek_status_t ek_depth_space_run(ek_call_t *call, bool to_space) {
  ek_tensor_t input;
  ek_tensor_t output;
  int32_t block;
  EK_TRY(decode(call, &input, &output, &block));
  const ek_tensor_t *deep = to_space ? &input : &output;
  const int32_t bytes = (int32_t)ek_type_bytes(input.type);
  const int32_t deep_pixel = deep->dims[3] * bytes;
  const int32_t wide_pixel = deep_pixel / (block * block);
  const int32_t deep_row = deep->dims[2] * deep_pixel;
  const int32_t wide_row = deep->dims[2] * block * wide_pixel;
  /* Batch and height step alike in both, so they are one axis. Rows and columns of blocks, then those within. */
  const int32_t extents[4] = {deep->dims[0] * deep->dims[1], block, deep->dims[2], block};
  const int32_t deep_steps[4] = {deep_row, block * wide_pixel, deep_pixel, wide_pixel};
  const int32_t wide_steps[4] = {block * wide_row, wide_row, block * wide_pixel, wide_pixel};
  ek_walk_t walk = {.rank = 0u};
  for (uint32_t axis = 0; axis < 4u; ++axis) {
    ek_walk_add(&walk, extents[axis], to_space ? deep_steps[axis] : wide_steps[axis],
                to_space ? wide_steps[axis] : deep_steps[axis]);
  }
  ek_move(&walk, input.data, output.data, (uint32_t)wide_pixel);
  return EK_OK;
}
