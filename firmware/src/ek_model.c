/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_model.h"

/* Field numbers of the TFLite schema, version 3. */
enum { MODEL_VERSION = 0, MODEL_OPERATOR_CODES = 1, MODEL_SUBGRAPHS = 2, MODEL_BUFFERS = 4 };
enum { CODE_DEPRECATED_BUILTIN = 0, CODE_VERSION = 2, CODE_BUILTIN = 3 };
enum { GRAPH_TENSORS = 0, GRAPH_INPUTS = 1, GRAPH_OUTPUTS = 2, GRAPH_OPERATORS = 3 };
enum { TENSOR_SHAPE = 0, TENSOR_TYPE = 1, TENSOR_BUFFER = 2, TENSOR_QUANTIZATION = 4, TENSOR_IS_VARIABLE = 5,
       TENSOR_SPARSITY = 6 };
enum { QUANTIZATION_SCALE = 2, QUANTIZATION_ZERO_POINT = 3, QUANTIZATION_DETAILS_TYPE = 4,
       QUANTIZATION_DIMENSION = 6 };
enum { BUFFER_DATA = 0, BUFFER_OFFSET = 1 };
enum { OPERATOR_CODE_INDEX = 0, OPERATOR_INPUTS = 1, OPERATOR_OUTPUTS = 2, OPERATOR_OPTIONS = 4 };

ek_status_t ek_fail(ek_fault_t *fault, ek_status_t status, uint32_t operator_index, uint32_t tensor_index,
                    const char *message) {
  if (fault->status == EK_OK) {
    fault->status = status;
    fault->operator_index = (uint16_t)operator_index;
    fault->tensor_index = (uint16_t)tensor_index;
    fault->message = message;
  }
  return status;
}

uint32_t ek_type_bytes(uint8_t type) {
  switch (type) {
    case EK_INT8:
    case EK_UINT8:
    case EK_BOOL:
      return 1u;
    case EK_INT16:
    case EK_UINT16:
    case EK_FLOAT16:
      return 2u;
    case EK_FLOAT32:
    case EK_INT32:
    case EK_UINT32:
    case EK_RESOURCE:
      return 4u;
    case EK_INT64:
    case EK_UINT64:
      return 8u;
    default:
      return 0u;
  }
}

int32_t ek_model_tensor_index(const ek_model_t *model, ek_vector_t list, uint32_t position) {
  return position < list.length ? ek_load_i32(model->file.bytes + list.position + 4u * position) : -1;
}

static bool indices_are_valid(const ek_model_t *model, ek_vector_t list, int32_t lowest) {
  const uint8_t *entry = model->file.bytes + list.position;
  for (uint32_t i = 0; i < list.length; ++i, entry += 4) {
    const int32_t index = ek_load_i32(entry);
    if (index < lowest || index >= (int32_t)model->tensors.length) {
      return false;
    }
  }
  return true;
}

static ek_status_t read_subgraph(ek_model_t *model, uint32_t index, ek_fault_t *fault) {
  uint32_t position;
  ek_table_t graph;
  EK_TRY(ek_fb_element(&model->file, model->subgraphs, index, &position));
  EK_TRY(ek_fb_open(&model->file, position, &graph));
  model->subgraph = index;
  model->tensors = ek_fb_at_vector(&graph, GRAPH_TENSORS, 4u);
  model->operators = ek_fb_at_vector(&graph, GRAPH_OPERATORS, 4u);
  model->inputs = ek_fb_at_vector(&graph, GRAPH_INPUTS, 4u);
  model->outputs = ek_fb_at_vector(&graph, GRAPH_OUTPUTS, 4u);
  if (graph.is_broken) {
    return EK_BAD_MODEL;
  }
  if (model->tensors.length > EK_MAX_TENSORS || model->operators.length > EK_MAX_OPERATORS) {
    return ek_fail(fault, EK_UNSUPPORTED, EK_NOWHERE, EK_NOWHERE, "more than 4096 tensors or operators");
  }
  if (model->inputs.length > EK_MAX_OPERANDS || model->outputs.length > EK_MAX_OPERANDS) {
    return ek_fail(fault, EK_UNSUPPORTED, EK_NOWHERE, EK_NOWHERE, "more than 64 inputs or outputs");
  }
  if (!indices_are_valid(model, model->inputs, 0) || !indices_are_valid(model, model->outputs, 0)) {
    return ek_fail(fault, EK_BAD_MODEL, EK_NOWHERE, EK_NOWHERE, "an input or output is not a tensor of the model");
  }
  return EK_OK;
}

ek_status_t ek_model_enter(ek_model_t *model, uint32_t index, ek_fault_t *fault) {
  const ek_status_t status = read_subgraph(model, index, fault);
  /* ek_fail keeps the first fault, so this only names what had no words yet. */
  return status == EK_OK ? EK_OK : ek_fail(fault, status, EK_NOWHERE, EK_NOWHERE, "broken subgraph");
}

static EK_OWN_FRAME ek_status_t read_shape(const ek_model_t *model, ek_vector_t shape, ek_tensor_t *tensor) {
  const uint32_t element_bytes = ek_type_bytes(tensor->type);
  if (shape.length > EK_MAX_RANK || element_bytes == 0u) {
    return EK_UNSUPPORTED;
  }
  const uint8_t *entry = model->file.bytes + shape.position;
  uint64_t num_bytes = element_bytes;
  for (uint32_t i = 0; i < EK_MAX_RANK; ++i) {
    tensor->dims[i] = 0;
    if (i < shape.length) {
      const uint32_t dim = ek_load_u32(entry + 4u * i);
      num_bytes *= dim; /* both below 2^31 */
      if (dim == 0u || num_bytes > EK_MAX_TENSOR_BYTES) {
        return EK_UNSUPPORTED;
      }
      tensor->dims[i] = (int32_t)dim;
    }
  }
  tensor->rank = (uint8_t)shape.length;
  tensor->num_bytes = (uint32_t)num_bytes;
  tensor->num_elements = (uint32_t)num_bytes / element_bytes;
  return EK_OK;
}

static bool is_sound_scale(uint32_t bits) { return bits - 1u < 0x7F7FFFFFu; /* a positive, finite number */ }

bool ek_model_scales_are_sound(const ek_tensor_t *tensor) {
  bool sound = true;
  for (uint32_t i = 0; i < tensor->num_scales; ++i) {
    sound = sound && is_sound_scale(ek_load_u32(tensor->scales + 4u * i));
  }
  return sound;
}

/* Sets the quantization of a tensor that was cleared of any. */
static EK_OWN_FRAME ek_status_t read_quantization(const ek_model_t *model, uint32_t position, ek_tensor_t *tensor) {
  const uint8_t *bytes = model->file.bytes;
  ek_table_t table;
  EK_TRY(ek_fb_open(&model->file, position, &table));
  const uint8_t details = ek_fb_at_u8(&table, QUANTIZATION_DETAILS_TYPE);
  const uint32_t dimension = ek_fb_at_u32(&table, QUANTIZATION_DIMENSION);
  const ek_vector_t scales = ek_fb_at_vector(&table, QUANTIZATION_SCALE, 4u);
  const ek_vector_t zero_points = ek_fb_at_vector(&table, QUANTIZATION_ZERO_POINT, 8u);
  if (table.is_broken || zero_points.length > scales.length || dimension >= EK_MAX_RANK) {
    return EK_BAD_MODEL;
  }
  if (details != 0u) {
    return EK_UNSUPPORTED; /* a scheme of its own, not scales and zero points */
  }
  tensor->num_scales = scales.length;
  tensor->scales = bytes + scales.position;
  tensor->quantized_dimension = (uint8_t)dimension;
  if (scales.length > 0u) {
    tensor->scale = ek_load_u32(tensor->scales);
    if (!is_sound_scale(tensor->scale)) {
      return EK_BAD_MODEL;
    }
  }
  if (zero_points.length > 0u) {
    const int64_t value = ek_load_i64(bytes + zero_points.position);
    if (value < INT16_MIN || value > UINT16_MAX) {
      return EK_BAD_MODEL;
    }
    tensor->zero_point = (int32_t)value;
  }
  return EK_OK;
}

static EK_OWN_FRAME ek_status_t read_constant(const ek_model_t *model, uint32_t index, ek_tensor_t *tensor) {
  uint32_t position;
  ek_table_t table;
  if (index == 0u && model->first_buffer_is_empty) {
    return EK_OK; /* that of tensors that are computed, by convention */
  }
  EK_TRY(ek_fb_element(&model->file, model->buffers, index, &position));
  EK_TRY(ek_fb_open(&model->file, position, &table));
  const ek_vector_t data = ek_fb_at_vector(&table, BUFFER_DATA, 1u);
  const uint32_t offset = ek_fb_at(&table, BUFFER_OFFSET, 8u);
  if (table.is_broken) {
    return EK_BAD_MODEL;
  }
  if (offset != 0u && ek_load_i64(model->file.bytes + offset) > 1) {
    return EK_UNSUPPORTED; /* data behind the flatbuffer, for files over 2 GB */
  }
  if (data.length == 0u) {
    return EK_OK;
  }
  if (data.length != tensor->num_bytes) {
    return EK_BAD_MODEL;
  }
  tensor->is_constant = true;
  /* The cast drops const; is_constant tells that the bytes belong to the file and must not be written. */
  tensor->data = (uint8_t *)(uintptr_t)(model->file.bytes + data.position);
  return EK_OK;
}

ek_status_t ek_model_open(ek_model_t *model, const uint8_t *bytes, uint32_t size, ek_fault_t *fault) {
  memset(model, 0, sizeof *model);
  model->file.bytes = bytes;
  model->file.size = size;
  uint32_t position;
  ek_table_t root;
  if (ek_fb_root(&model->file, "TFL3", &position) != EK_OK || ek_fb_open(&model->file, position, &root) != EK_OK) {
    return ek_fail(fault, EK_BAD_MODEL, EK_NOWHERE, EK_NOWHERE, "not a TFLite flatbuffer");
  }
  if (ek_fb_at_u32(&root, MODEL_VERSION) != 3u) {
    return ek_fail(fault, EK_BAD_MODEL, EK_NOWHERE, EK_NOWHERE, "not TFLite schema version 3");
  }
  model->operator_codes = ek_fb_at_vector(&root, MODEL_OPERATOR_CODES, 4u);
  model->buffers = ek_fb_at_vector(&root, MODEL_BUFFERS, 4u);
  model->subgraphs = ek_fb_at_vector(&root, MODEL_SUBGRAPHS, 4u);
  if (root.is_broken) {
    return ek_fail(fault, EK_BAD_MODEL, EK_NOWHERE, EK_NOWHERE, "broken list of operator codes, buffers or subgraphs");
  }
  if (model->subgraphs.length == 0u) {
    return ek_fail(fault, EK_BAD_MODEL, EK_NOWHERE, EK_NOWHERE, "the file has no subgraph");
  }
  if (model->subgraphs.length > EK_MAX_SUBGRAPHS || model->operator_codes.length > EK_MAX_OPERATOR_CODES) {
    return ek_fail(fault, EK_UNSUPPORTED, EK_NOWHERE, EK_NOWHERE, "more than 64 subgraphs or 1024 operator codes");
  }
  ek_tensor_t none = {.num_bytes = 0u};
  model->first_buffer_is_empty = read_constant(model, 0u, &none) == EK_OK && !none.is_constant;
  return ek_model_enter(model, 0u, fault);
}

ek_status_t ek_model_tensor(const ek_model_t *model, uint32_t index, ek_tensor_t *tensor, ek_fault_t *fault) {
  uint32_t position;
  ek_table_t table;
  if (ek_fb_element(&model->file, model->tensors, index, &position) != EK_OK ||
      ek_fb_open(&model->file, position, &table) != EK_OK) {
    return ek_fail(fault, EK_BAD_MODEL, EK_NOWHERE, index, "broken tensor");
  }
  tensor->data = NULL;
  tensor->scale = 0u;
  tensor->zero_point = 0;
  tensor->scales = NULL;
  tensor->num_scales = 0u;
  tensor->index = (uint16_t)index;
  tensor->quantized_dimension = 0u;
  tensor->is_constant = false;
  tensor->type = ek_fb_at_u8(&table, TENSOR_TYPE);
  tensor->is_variable = ek_fb_at_u8(&table, TENSOR_IS_VARIABLE) != 0u;
  const ek_vector_t shape = ek_fb_at_vector(&table, TENSOR_SHAPE, 4u);
  const uint32_t quantization = ek_fb_at_table(&table, TENSOR_QUANTIZATION);
  const uint32_t buffer = ek_fb_at_u32(&table, TENSOR_BUFFER);
  const uint32_t sparsity = ek_fb_at(&table, TENSOR_SPARSITY, 4u);
  if (table.is_broken) {
    return ek_fail(fault, EK_BAD_MODEL, EK_NOWHERE, index, "broken tensor");
  }
  if (sparsity != 0u) {
    return ek_fail(fault, EK_UNSUPPORTED, EK_NOWHERE, index, "sparse tensor");
  }
  ek_status_t status = read_shape(model, shape, tensor);
  if (status != EK_OK) {
    return ek_fail(fault, status, EK_NOWHERE, index, "type or shape of the tensor");
  }
  status = quantization == 0u ? EK_OK : read_quantization(model, quantization, tensor);
  if (status != EK_OK) {
    return ek_fail(fault, status, EK_NOWHERE, index, "quantization of the tensor");
  }
  status = read_constant(model, buffer, tensor);
  if (status == EK_OK && tensor->is_variable && tensor->is_constant) {
    status = EK_BAD_MODEL;
  }
  return status == EK_OK ? EK_OK : ek_fail(fault, status, EK_NOWHERE, index, "data of the tensor");
}

bool ek_model_is_symmetric(const ek_model_t *model, const ek_tensor_t *tensor) {
  uint32_t position;
  ek_vector_t zero_points = {0u, 0u};
  uint32_t bits = 0u;
  if (ek_fb_element(&model->file, model->tensors, tensor->index, &position) == EK_OK &&
      ek_fb_table(&model->file, position, TENSOR_QUANTIZATION, &position) == EK_OK && position != 0u &&
      ek_fb_vector(&model->file, position, QUANTIZATION_ZERO_POINT, 8u, &zero_points) != EK_OK) {
    return false;
  }
  const uint8_t *word = model->file.bytes + zero_points.position;
  for (uint32_t i = 0; i < 2u * zero_points.length; ++i) {
    bits |= ek_load_u32(word + 4u * i);
  }
  return bits == 0u;
}

uint8_t ek_model_type(const ek_model_t *model, uint32_t index) {
  uint32_t position;
  ek_table_t table;
  if (ek_fb_element(&model->file, model->tensors, index, &position) != EK_OK ||
      ek_fb_open(&model->file, position, &table) != EK_OK) {
    return UINT8_MAX;
  }
  return ek_fb_at_u8(&table, TENSOR_TYPE);
}

/* Old files store the operator in a byte, new ones in an int32 beside it; the larger of the two counts. */
static EK_OWN_FRAME ek_status_t read_code(const ek_model_t *model, uint32_t index, ek_operator_t *operator_) {
  uint32_t position;
  ek_table_t code;
  EK_TRY(ek_fb_element(&model->file, model->operator_codes, index, &position));
  EK_TRY(ek_fb_open(&model->file, position, &code));
  const int32_t deprecated = ek_fb_at_u8(&code, CODE_DEPRECATED_BUILTIN);
  const int32_t builtin = (int32_t)ek_fb_at_u32(&code, CODE_BUILTIN);
  const uint32_t version = ek_fb_at(&code, CODE_VERSION, 4u);
  operator_->version = version == 0u ? 1 : ek_load_i32(model->file.bytes + version);
  operator_->builtin = builtin > deprecated ? builtin : deprecated;
  return code.is_broken ? EK_BAD_MODEL : EK_OK;
}

bool ek_model_may_have(const ek_model_t *model, int32_t builtin) {
  ek_operator_t operator_;
  for (uint32_t i = 0; i < model->operator_codes.length; ++i) {
    if (read_code(model, i, &operator_) == EK_OK && operator_.builtin == builtin) {
      return true;
    }
  }
  return false;
}

static ek_status_t read_operator(const ek_model_t *model, uint32_t index, ek_operator_t *operator_) {
  uint32_t position;
  ek_table_t table;
  EK_TRY(ek_fb_element(&model->file, model->operators, index, &position));
  EK_TRY(ek_fb_open(&model->file, position, &table));
  const uint32_t code = ek_fb_at_u32(&table, OPERATOR_CODE_INDEX);
  operator_->inputs = ek_fb_at_vector(&table, OPERATOR_INPUTS, 4u);
  operator_->outputs = ek_fb_at_vector(&table, OPERATOR_OUTPUTS, 4u);
  operator_->options = ek_fb_at_table(&table, OPERATOR_OPTIONS);
  operator_->index = (uint16_t)index;
  if (table.is_broken) {
    return EK_BAD_MODEL;
  }
  if (operator_->inputs.length > EK_MAX_OPERANDS || operator_->outputs.length > EK_MAX_OPERANDS) {
    return EK_UNSUPPORTED;
  }
  EK_TRY(read_code(model, code, operator_));
  return indices_are_valid(model, operator_->inputs, -1) && indices_are_valid(model, operator_->outputs, 0)
             ? EK_OK
             : EK_BAD_MODEL;
}

ek_status_t ek_model_operator(const ek_model_t *model, uint32_t index, ek_operator_t *operator_, ek_fault_t *fault) {
  const ek_status_t status = read_operator(model, index, operator_);
  return status == EK_OK ? EK_OK : ek_fail(fault, status, index, EK_NOWHERE, "broken operator");
}
