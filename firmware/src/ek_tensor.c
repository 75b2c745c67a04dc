/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors of the file. A load decodes each of them once and an inference all of them, so this is written to be short in
 * instructions: what tables have in common is checked once (ek_layout_t), and products that cannot overflow stay in 32
 * bits. */
#include "ek_model.h"

/* Field numbers of the TFLite schema, version 3. */
enum { TENSOR_SHAPE = 0, TENSOR_TYPE = 1, TENSOR_BUFFER = 2, TENSOR_QUANTIZATION = 4, TENSOR_IS_VARIABLE = 5,
       TENSOR_SPARSITY = 6 };
enum { QUANTIZATION_SCALE = 2, QUANTIZATION_ZERO_POINT = 3, QUANTIZATION_DETAILS_TYPE = 4,
       QUANTIZATION_DIMENSION = 6 };
enum { BUFFER_DATA = 0, BUFFER_OFFSET = 1, BUFFER_SIZE = 2 };

static const uint8_t bytes_of_type[] = {
    [EK_FLOAT32] = 4u, [EK_FLOAT16] = 2u, [EK_INT32] = 4u,  [EK_UINT8] = 1u,  [EK_INT64] = 8u,    [EK_BOOL] = 1u,
    [EK_INT16] = 2u,   [EK_INT8] = 1u,    [EK_UINT64] = 8u, [EK_UINT32] = 4u, [EK_RESOURCE] = 4u, [EK_UINT16] = 2u};

uint32_t ek_type_bytes(uint8_t type) { return type < sizeof bytes_of_type ? bytes_of_type[type] : 0u; }

static bool is_sound_scale(uint32_t bits) { return bits - 1u < 0x7F7FFFFFu; /* a positive, finite number */ }

bool ek_model_scales_are_sound(const ek_tensor_t *tensor) {
  const uint8_t *each = tensor->scales;
  for (uint32_t left = tensor->num_scales; left > 0u; --left, each += 4) {
    if (!is_sound_scale(ek_load_u32(each))) {
      return false;
    }
  }
  return true;
}

/* The bytes of all elements fit EK_MAX_TENSOR_BYTES. A tensor without elements is a constant, and need not be stored. */
static inline ek_status_t read_shape(const ek_model_t *model, ek_vector_t shape, ek_tensor_t *tensor) {
  const bool is_packed = tensor->type == EK_INT4;
  uint32_t num_bytes = is_packed ? 1u : ek_type_bytes(tensor->type);
  uint32_t num_elements = 1u;
  if (shape.length > EK_MAX_RANK || num_bytes == 0u) {
    return EK_UNSUPPORTED;
  }
  const uint8_t *entry = model->file.bytes + shape.position;
  int32_t *dims = tensor->dims;
  tensor->rank = (uint8_t)shape.length;
  for (uint32_t i = 0; i < EK_MAX_RANK; ++i) {
    dims[i] = 0;
  }
  for (uint32_t left = shape.length; left > 0u; --left, entry += 4) {
    const uint32_t dim = ek_load_u32(entry);
    const uint64_t product = (uint64_t)num_bytes * dim;
    if (product > EK_MAX_TENSOR_BYTES) {
      return EK_UNSUPPORTED;
    }
    num_bytes = (uint32_t)product;
    num_elements *= dim;
    *dims++ = (int32_t)dim;
  }
  tensor->num_bytes = is_packed ? (num_bytes + 1u) / 2u : num_bytes;
  tensor->num_elements = num_elements;
  if (num_bytes == 0u) {
    tensor->is_constant = true;
    tensor->data = (uint8_t *)(uintptr_t)model->file.bytes;
  }
  return EK_OK;
}

/* Sets the quantization of a tensor that was cleared of any. */
static inline ek_status_t read_quantization(ek_model_t *model, uint32_t position, ek_tensor_t *tensor) {
  const ek_buffer_t *file = &model->file;
  ek_vector_t scales = {0u, 0u};
  ek_vector_t zero_points = {0u, 0u};
  const ek_layout_t *layout =
      ek_fb_enter(file, position, ek_model_widths[EK_OF_QUANTIZATIONS], &model->layouts[EK_OF_QUANTIZATIONS]);
  if (layout == NULL) {
    return EK_BAD_MODEL;
  }
  const uint16_t *at = layout->at;
  if ((at[QUANTIZATION_SCALE] != 0u && !ek_fb_follow_vector(file, position + at[QUANTIZATION_SCALE], 2u, &scales)) ||
      (at[QUANTIZATION_ZERO_POINT] != 0u &&
       !ek_fb_follow_vector(file, position + at[QUANTIZATION_ZERO_POINT], 3u, &zero_points))) {
    return EK_BAD_MODEL;
  }
  const uint32_t dimension =
      at[QUANTIZATION_DIMENSION] == 0u ? 0u : ek_load_u32(file->bytes + position + at[QUANTIZATION_DIMENSION]);
  if (zero_points.length > scales.length || dimension >= EK_MAX_RANK) {
    return EK_BAD_MODEL;
  }
  if (at[QUANTIZATION_DETAILS_TYPE] != 0u && file->bytes[position + at[QUANTIZATION_DETAILS_TYPE]] != 0u) {
    return EK_UNSUPPORTED; /* a scheme of its own, not scales and zero points */
  }
  tensor->num_scales = scales.length;
  tensor->scales = file->bytes + scales.position;
  tensor->quantized_dimension = (uint8_t)dimension;
  if (scales.length > 0u) {
    tensor->scale = ek_load_u32(tensor->scales);
    if (!is_sound_scale(tensor->scale)) {
      tensor->scale = 0u; /* as if there were none, which matters to those who need one */
      tensor->num_scales = 0u;
    }
  }
  if (zero_points.length > 0u) {
    const int32_t low = ek_load_i32(file->bytes + zero_points.position);
    const int32_t high = ek_load_i32(file->bytes + zero_points.position + 4u);
    if (low < INT16_MIN || low > UINT16_MAX || high != (low < 0 ? -1 : 0)) {
      return EK_BAD_MODEL;
    }
    tensor->zero_point = low;
  }
  return EK_OK;
}

/* Data behind the flatbuffer, as converters write it for large files; an offset of 0 or 1 means that there is none. */
static bool outside_data(const ek_buffer_t *file, uint32_t position, const uint16_t *at, ek_vector_t *data) {
  const uint64_t offset = (uint64_t)ek_load_i64(file->bytes + position + at[BUFFER_OFFSET]);
  const uint64_t size = (uint64_t)ek_load_i64(file->bytes + position + at[BUFFER_SIZE]);
  if (offset > 1u) {
    if (offset > file->size || size > file->size - offset) {
      return false;
    }
    *data = (ek_vector_t){.position = (uint32_t)offset, .length = (uint32_t)size};
  }
  return true;
}

static inline ek_status_t read_constant(ek_model_t *model, uint32_t index, ek_tensor_t *tensor) {
  const ek_buffer_t *file = &model->file;
  ek_vector_t data = {0u, 0u};
  if (index == 0u && model->first_buffer_is_empty) {
    return EK_OK; /* that of tensors that are computed, by convention */
  }
  const ek_layout_t *layout;
  const uint32_t position = ek_model_table(model, EK_OF_BUFFERS, model->buffers, index, &layout);
  if (position == 0u) {
    return EK_BAD_MODEL;
  }
  const uint16_t *at = layout->at;
  if (at[BUFFER_DATA] != 0u && !ek_fb_follow_vector(file, position + at[BUFFER_DATA], 0u, &data)) {
    return EK_BAD_MODEL;
  }
  if (at[BUFFER_OFFSET] != 0u && at[BUFFER_SIZE] != 0u && !outside_data(file, position, at, &data)) {
    return EK_BAD_MODEL;
  }
  if (data.length == 0u) {
    return EK_OK;
  }
  if (data.length != tensor->num_bytes) {
    return EK_BAD_MODEL;
  }
  tensor->is_constant = true;
  /* The cast drops const; is_constant tells that the bytes belong to the file and must not be written. */
  tensor->data = (uint8_t *)(uintptr_t)(file->bytes + data.position);
  return tensor->is_variable ? EK_BAD_MODEL : EK_OK;
}

ek_status_t ek_model_constant(ek_model_t *model, uint32_t index, ek_tensor_t *tensor) {
  return read_constant(model, index, tensor);
}

static ek_status_t read_tensor(ek_model_t *model, uint32_t index, ek_tensor_t *tensor, const char **what) {
  const ek_buffer_t *file = &model->file;
  const ek_layout_t *layout;
  const uint32_t position = ek_model_table(model, EK_OF_TENSORS, model->tensors, index, &layout);
  ek_vector_t shape = {0u, 0u};
  uint32_t quantization = 0u;
  *what = "broken tensor";
  if (position == 0u) {
    return EK_BAD_MODEL;
  }
  const uint16_t *at = layout->at;
  const uint8_t *table = file->bytes + position;
  if (at[TENSOR_SHAPE] != 0u && !ek_fb_follow_vector(file, position + at[TENSOR_SHAPE], 2u, &shape)) {
    return EK_BAD_MODEL;
  }
  if (at[TENSOR_QUANTIZATION] != 0u) {
    quantization = ek_fb_follow(file, position + at[TENSOR_QUANTIZATION]);
    if (quantization == 0u) {
      return EK_BAD_MODEL;
    }
  }
  if (at[TENSOR_SPARSITY] != 0u) {
    *what = "sparse tensor";
    return EK_UNSUPPORTED;
  }
  tensor->data = NULL;
  tensor->scale = 0u;
  tensor->zero_point = 0;
  tensor->scales = NULL;
  tensor->num_scales = 0u;
  tensor->index = (uint16_t)index;
  tensor->quantized_dimension = 0u;
  tensor->is_constant = false;
  tensor->type = at[TENSOR_TYPE] == 0u ? 0u : table[at[TENSOR_TYPE]];
  tensor->is_variable = at[TENSOR_IS_VARIABLE] != 0u && table[at[TENSOR_IS_VARIABLE]] != 0u;
  const uint32_t buffer = at[TENSOR_BUFFER] == 0u ? 0u : ek_load_u32(table + at[TENSOR_BUFFER]);
  *what = "type or shape of the tensor";
  EK_TRY(read_shape(model, shape, tensor));
  *what = "quantization of the tensor";
  if (quantization != 0u) {
    EK_TRY(read_quantization(model, quantization, tensor));
  }
  *what = "data of the tensor";
  return read_constant(model, buffer, tensor);
}

ek_status_t ek_model_tensor(ek_model_t *model, uint32_t index, ek_tensor_t *tensor, ek_fault_t *fault) {
  const char *what;
  const ek_status_t status = read_tensor(model, index, tensor, &what);
  if (status == EK_OK) {
    return EK_OK;
  }
  tensor->index = EK_NOWHERE;
  return fault == NULL ? status : ek_fail(fault, status, EK_NOWHERE, index, what);
}

bool ek_model_is_symmetric(ek_model_t *model, const ek_tensor_t *tensor) {
  const ek_buffer_t *file = &model->file;
  const ek_layout_t *layout;
  const uint32_t position = ek_model_table(model, EK_OF_TENSORS, model->tensors, tensor->index, &layout);
  const uint32_t field = position == 0u ? 0u : layout->at[TENSOR_QUANTIZATION];
  if (field == 0u) {
    return position != 0u;
  }
  ek_vector_t zero_points = {0u, 0u};
  const uint32_t quantization = ek_fb_follow(file, position + field);
  layout = quantization == 0u ? NULL
                              : ek_fb_enter(file, quantization, ek_model_widths[EK_OF_QUANTIZATIONS],
                                            &model->layouts[EK_OF_QUANTIZATIONS]);
  if (layout == NULL) {
    return false;
  }
  const uint32_t at = layout->at[QUANTIZATION_ZERO_POINT];
  if (at != 0u && !ek_fb_follow_vector(file, quantization + at, 3u, &zero_points)) {
    return false;
  }
  const uint8_t *each = file->bytes + zero_points.position;
  uint32_t bits = 0u;
  for (uint32_t left = zero_points.length; left > 0u; --left, each += 8) {
    bits |= ek_load_u32(each) | ek_load_u32(each + 4);
  }
  return bits == 0u;
}

uint8_t ek_model_type(ek_model_t *model, uint32_t index) {
  const ek_layout_t *layout;
  const uint32_t position = ek_model_table(model, EK_OF_TENSORS, model->tensors, index, &layout);
  if (position == 0u) {
    return UINT8_MAX;
  }
  const uint32_t at = layout->at[TENSOR_TYPE];
  return at == 0u ? 0u : model->file.bytes[position + at];
}
