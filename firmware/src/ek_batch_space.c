/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_batch_space.h"

enum { INPUT_BLOCK = 1, INPUT_PADDING = 2 };

/* Tensors with one spatial axis get a second one of extent 1. */
typedef struct {
  int32_t wide[4], many[4]; /* extents */
  int32_t block[2];
  int32_t before[2];
  int32_t after[2];
} geometry_t;

static void spread(const ek_tensor_t *tensor, int32_t dims[4]) {
  dims[0] = tensor->dims[0];
  dims[1] = tensor->dims[1];
  dims[2] = tensor->rank == 4u ? tensor->dims[2] : 1;
  dims[3] = tensor->dims[tensor->rank - 1u];
}

static ek_status_t read_positive(ek_call_t *call, const ek_tensor_t *from, uint32_t index, int32_t lowest,
                                 int32_t *value) {
  const int64_t found = ek_integer(from, index);
  if (found < lowest || found > INT16_MAX) {
    return ek_call_refuse(call, "a block, a padding or a crop that is negative or very large");
  }
  *value = (int32_t)found;
  return EK_OK;
}

static ek_status_t decode(ek_call_t *call, bool to_batch, ek_tensor_t *input, ek_tensor_t *output,
                          geometry_t *geometry) {
  ek_tensor_t operand;
  EK_TRY(ek_call_moved(call, 0u, input, output));
  if (input->rank != output->rank || input->rank < 3u || input->rank > 4u) {
    return ek_call_refuse(call, "a number of spatial axes other than one and two");
  }
  spread(to_batch ? input : output, geometry->wide);
  spread(to_batch ? output : input, geometry->many);
  geometry->block[1] = 1;
  geometry->before[1] = geometry->after[1] = 0;
  const uint32_t num_axes = input->rank - 2u;
  EK_TRY(ek_call_constants(call, INPUT_BLOCK, num_axes, &operand));
  for (uint32_t i = 0; i < num_axes; ++i) {
    EK_TRY(read_positive(call, &operand, i, 1, &geometry->block[i]));
  }
  EK_TRY(ek_call_constants(call, INPUT_PADDING, 2u * num_axes, &operand));
  for (uint32_t i = 0; i < num_axes; ++i) {
    EK_TRY(read_positive(call, &operand, 2u * i, 0, &geometry->before[i]));
    EK_TRY(read_positive(call, &operand, 2u * i + 1u, 0, &geometry->after[i]));
  }
  return EK_OK;
}

ek_status_t ek_batch_space_check(ek_call_t *call, bool to_batch) {
  ek_tensor_t input;
  ek_tensor_t output;
  geometry_t geometry;
  EK_TRY(decode(call, to_batch, &input, &output, &geometry));
  bool fits = geometry.many[3] == geometry.wide[3] &&
              geometry.many[0] == (int64_t)geometry.wide[0] * geometry.block[0] * geometry.block[1];
  for (uint32_t i = 0; i < 2u; ++i) {
    fits = fits && (int64_t)geometry.many[1u + i] * geometry.block[i] ==
                       (int64_t)geometry.wide[1u + i] + geometry.before[i] + geometry.after[i];
  }
  return fits ? EK_OK : ek_call_reject(call, "the shapes do not fit the blocks and paddings");
}

/* The positions y in `extent` for which y·block + shift lies in [0, size): first and count. */
static int32_t find_inside(int32_t extent, int32_t size, int32_t block, int32_t shift, int32_t *first) {
  *first = shift >= 0 ? 0 : (-shift + block - 1) / block;
  const int32_t end = shift >= size ? 0 : (size - shift + block - 1) / block;
  return (end < extent ? end : extent) - *first;
}

static EK_OUT_OF_LINE void move_block(const geometry_t *geometry, bool to_batch, int32_t i, int32_t j, uint32_t bytes,
                       const uint8_t *input, uint8_t *output) {
  const int32_t *wide = geometry->wide;
  const int32_t *many = geometry->many;
  const int32_t pixel = wide[3] * (int32_t)bytes;
  const int32_t shift[2] = {i - geometry->before[0], j - geometry->before[1]};
  int32_t first[2];
  int32_t count[2];
  for (uint32_t axis = 0; axis < 2u; ++axis) {
    count[axis] = find_inside(many[1u + axis], wide[1u + axis], geometry->block[axis], shift[axis], &first[axis]);
    if (count[axis] <= 0) {
      return; /* all of it is padding */
    }
  }
  const int32_t wide_row = wide[2] * pixel;
  const int32_t many_row = many[2] * pixel;
  const int32_t wide_start = (first[0] * geometry->block[0] + shift[0]) * wide_row +
                             (first[1] * geometry->block[1] + shift[1]) * pixel;
  const int32_t many_start = (i * geometry->block[1] + j) * wide[0] * many[1] * many_row + first[0] * many_row +
                             first[1] * pixel;
  const int32_t extents[3] = {wide[0], count[0], count[1]};
  /* A single row or column has no neighbour, and a step to it might not fit its type. */
  const int32_t wide_steps[3] = {wide[1] * wide_row, count[0] > 1 ? geometry->block[0] * wide_row : 0,
                                 count[1] > 1 ? geometry->block[1] * pixel : 0};
  const int32_t many_steps[3] = {many[1] * many_row, many_row, pixel};
  ek_walk_t walk = {.rank = 0u};
  for (uint32_t axis = 0; axis < 3u; ++axis) {
    ek_walk_add(&walk, extents[axis], to_batch ? wide_steps[axis] : many_steps[axis],
                to_batch ? many_steps[axis] : wide_steps[axis]);
  }
  ek_move(&walk, input + (to_batch ? wide_start : many_start), output + (to_batch ? many_start : wide_start),
          (uint32_t)pixel);
}

ek_status_t ek_batch_space_run(ek_call_t *call, bool to_batch) {
  ek_tensor_t input;
  ek_tensor_t output;
  geometry_t geometry;
  EK_TRY(decode(call, to_batch, &input, &output, &geometry));
  const uint32_t bytes = ek_type_bytes(input.type);
  if (to_batch) {
    uint8_t zero[8];
    ek_zero_of(&output, zero);
    ek_fill(output.data, zero, output.num_elements, bytes);
  }
  for (int32_t i = 0; i < geometry.block[0]; ++i) {
    for (int32_t j = 0; j < geometry.block[1]; ++j) {
      move_block(&geometry, to_batch, i, j, bytes, input.data, output.data);
    }
  }
  return EK_OK;
}
