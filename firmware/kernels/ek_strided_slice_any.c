/* SPDX-License-Identifier: Apache-2.0 */
/* STRIDED_SLICE, any type: what x[begin:end:stride, …] is in Python.
 * Entry i of begin, end and stride speaks of one axis, unless bit i of a mask says otherwise:
 *   begin, end     the slice is open on that side
 *   shrink         a single index; the axis goes away
 *   new axis       an axis of extent 1 is put in
 *   ellipsis       as many whole axes as are left for it
 * Axes that no entry speaks of are taken whole. Indices count from the end if negative, and are clamped. An option
 * makes every end count from its begin.
 * Source: tensorflow/lite/kernels/strided_slice.cc and internal/strided_slice_logic.h.
 */
#include "ek_shape.h"

enum { OPTION_BEGIN = 0, OPTION_END = 1, OPTION_ELLIPSIS = 2, OPTION_NEW_AXIS = 3, OPTION_SHRINK = 4,
       OPTION_OFFSET = 5, NUM_MASKS = 5 };
enum { INPUT_BEGIN = 1, INPUT_END = 2, INPUT_STRIDE = 3 };

typedef struct {
  ek_tensor_t input, output;
  uint32_t masks[NUM_MASKS];
  bool is_offset; /* an end is counted from the beginning of its slice */
  uint32_t rank; /* of the output */
  uint32_t axis; /* of the input that comes next */
  int32_t offset; /* bytes to the first element */
  ek_walk_t walk;
} strided_slice_t;

static ek_status_t add_dim(ek_call_t *call, strided_slice_t *slice, int32_t dim) {
  if (slice->rank == slice->output.rank || slice->output.dims[slice->rank] != dim) {
    return ek_call_reject(call, "the output has not the shape of the slice");
  }
  ++slice->rank;
  return EK_OK;
}

/* Takes one axis of the input from `first`, `count` times `stride` apart. */
static void take(strided_slice_t *slice, int32_t first, int32_t count, int64_t stride, uint32_t to_step) {
  const int32_t step = (int32_t)(ek_extent(&slice->input, slice->axis + 1u, slice->input.rank) *
                                 ek_type_bytes(slice->input.type));
  slice->offset += first * step;
  /* With a single element the stride may be anything, even too large for its type. */
  ek_walk_add(&slice->walk, count, count == 1 ? 0 : (int32_t)(stride * step), (int32_t)to_step);
  ++slice->axis;
}

static ek_status_t take_whole(ek_call_t *call, strided_slice_t *slice) {
  if (slice->axis == slice->input.rank) {
    return ek_call_reject(call, "more entries than the tensor has axes");
  }
  const uint32_t to_step = ek_extent(&slice->output, slice->rank + 1u, slice->output.rank);
  const int32_t size = slice->input.dims[slice->axis];
  EK_TRY(add_dim(call, slice, size));
  take(slice, 0, size, 1, to_step * ek_type_bytes(slice->output.type));
  return EK_OK;
}

static int64_t clamp(int64_t index, int64_t size, int64_t stride) {
  const int64_t positive = index < 0 ? index + size : index;
  const int64_t low = stride > 0 ? 0 : -1;
  const int64_t high = stride > 0 ? size : size - 1;
  return positive < low ? low : positive > high ? high : positive;
}

static ek_status_t take_entry(ek_call_t *call, strided_slice_t *slice, uint32_t bit, int64_t begin, int64_t end,
                              int64_t stride) {
  if (slice->axis == slice->input.rank) {
    return ek_call_reject(call, "more entries than the tensor has axes");
  }
  if (stride == 0) {
    return ek_call_reject(call, "a stride of 0");
  }
  const int64_t size = slice->input.dims[slice->axis];
  const bool whole_start = (slice->masks[OPTION_BEGIN] & bit) != 0u;
  const bool whole_end = (slice->masks[OPTION_END] & bit) != 0u;
  const int64_t start = whole_start ? (stride > 0 ? 0 : size - 1) : clamp(begin, size, stride);
  if ((slice->masks[OPTION_SHRINK] & bit) != 0u) {
    if (start < 0 || start >= size) {
      return ek_call_reject(call, "an index that the tensor does not have");
    }
    take(slice, (int32_t)start, 1, 1, 0u);
    return EK_OK;
  }
  const int64_t stop =
      whole_end ? (stride > 0 ? size : -1) : clamp(slice->is_offset ? end + start : end, size, stride);
  const int64_t span = stride > 0 ? stop - start : start - stop;
  const int64_t pace = stride > 0 ? stride : -stride;
  const int64_t count = span <= 0 ? 0 : (span - 1) / pace + 1;
  const uint32_t to_step = ek_extent(&slice->output, slice->rank + 1u, slice->output.rank);
  EK_TRY(add_dim(call, slice, (int32_t)count));
  take(slice, (int32_t)start, (int32_t)count, stride, to_step * ek_type_bytes(slice->output.type));
  return EK_OK;
}

static EK_OUT_OF_LINE ek_status_t read_options(ek_call_t *call, strided_slice_t *slice) {
  uint8_t is_offset;
  for (uint32_t i = 0; i < NUM_MASKS; ++i) {
    int32_t mask;
    EK_TRY(ek_call_option_i32(call, i, 0, &mask));
    slice->masks[i] = (uint32_t)mask;
  }
  EK_TRY(ek_call_option_u8(call, OPTION_OFFSET, 0u, &is_offset));
  slice->is_offset = is_offset != 0u;
  return EK_OK;
}

/* begin, end or stride: all of a tensor that is needed, in a fraction of its stack. */
typedef struct {
  const uint8_t *data;
  uint32_t count;
  bool is_wide; /* int64 */
} entries_t;

static EK_OUT_OF_LINE ek_status_t find_entries(ek_call_t *call, uint32_t position, entries_t *entries) {
  ek_tensor_t tensor;
  EK_TRY(ek_call_integers(call, position, &tensor));
  if (!tensor.is_constant) {
    return ek_call_refuse(call, "an axis or a shape that the model computes itself");
  }
  entries->data = tensor.data;
  entries->count = tensor.num_elements;
  entries->is_wide = tensor.type == EK_INT64;
  return EK_OK;
}

/* Beyond int32 lies nothing but what is clamped anyway, and sums of two of these do not wrap. */
static int64_t entry(const entries_t *entries, uint32_t index) {
  const int64_t value =
      entries->is_wide ? ek_load_i64(entries->data + 8u * index) : ek_load_i32(entries->data + 4u * index);
  return value < INT32_MIN ? INT32_MIN : value > INT32_MAX ? INT32_MAX : value;
}

/* How many axes of the input the entries [first, end) speak of. */
static uint32_t count_axes(const strided_slice_t *slice, uint32_t first, uint32_t end) {
  uint32_t count = 0u;
  for (uint32_t i = first; i < end; ++i) {
    count += (slice->masks[OPTION_NEW_AXIS] >> i & 1u) == 0u ? 1u : 0u;
  }
  return count;
}

/* Goes through the entries. Out of line, like the options: reading operands goes deep enough without their frames. */
static EK_OUT_OF_LINE ek_status_t lay_out(ek_call_t *call, strided_slice_t *slice, const entries_t *begin,
                                          const entries_t *end, const entries_t *stride) {
  const uint32_t count = begin->count;
  bool expanded = false;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t bit = 1u << i;
    if ((slice->masks[OPTION_ELLIPSIS] & bit) != 0u && !expanded) {
      expanded = true;
      const uint32_t behind = count_axes(slice, i + 1u, count);
      while (slice->axis + behind < slice->input.rank) {
        EK_TRY(take_whole(call, slice));
      }
    } else if ((slice->masks[OPTION_NEW_AXIS] & bit) != 0u) {
      EK_TRY(add_dim(call, slice, 1));
    } else {
      EK_TRY(take_entry(call, slice, bit, entry(begin, i), entry(end, i), entry(stride, i)));
    }
  }
  while (slice->axis < slice->input.rank) {
    EK_TRY(take_whole(call, slice));
  }
  return slice->rank == slice->output.rank ? EK_OK
                                           : ek_call_reject(call, "the output has not the shape of the slice");
}

static ek_status_t decode(ek_call_t *call, strided_slice_t *slice) {
  entries_t begin;
  entries_t end;
  entries_t stride;
  memset(slice, 0, sizeof *slice);
  EK_TRY(ek_call_moved(call, 0u, &slice->input, &slice->output));
  EK_TRY(find_entries(call, INPUT_BEGIN, &begin));
  EK_TRY(find_entries(call, INPUT_END, &end));
  EK_TRY(find_entries(call, INPUT_STRIDE, &stride));
  const uint32_t count = begin.count;
  if (end.count != count || stride.count != count) {
    return ek_call_reject(call, "begin, end and stride differ in length");
  }
  EK_TRY(read_options(call, slice));
  if (count > 2u * EK_MAX_RANK) {
    return ek_call_refuse(call, "a slice of more than twelve entries");
  }
  return lay_out(call, slice, &begin, &end, &stride);
}

static ek_status_t check(ek_call_t *call) {
  strided_slice_t slice;
  return decode(call, &slice);
}

static ek_status_t run(ek_call_t *call) {
  strided_slice_t slice;
  EK_TRY(decode(call, &slice));
  ek_move(&slice.walk, slice.input.data + slice.offset, slice.output.data, ek_type_bytes(slice.output.type));
  return EK_OK;
}

const ek_kernel_t ek_strided_slice_any = {.name = "STRIDED_SLICE",
                                          .builtin = 45,
                                          .type = EK_ANY_TYPE,
                                          .is_view = false,
                                          .check = EK_AT_LOAD(check),
                                          .run = run};
