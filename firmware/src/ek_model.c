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
  for (uint32_t i = 0; i < list.length; ++i) {
    const int32_t index = ek_model_tensor_index(model, list, i);
    if (index < lowest || index >= (int32_t)model->tensors.length) {
      return false;
    }
  }
  return true;
}

static ek_status_t open_subgraph(ek_model_t *model, uint32_t root, ek_fault_t *fault) {
  const ek_buffer_t *file = &model->file;
  ek_vector_t subgraphs;
  uint32_t graph;
  EK_TRY(ek_fb_vector(file, root, MODEL_SUBGRAPHS, 4u, &subgraphs));
  if (subgraphs.length == 0u) {
    return ek_fail(fault, EK_BAD_MODEL, EK_NOWHERE, EK_NOWHERE, "the file has no subgraph");
  }
  if (subgraphs.length > 1u) {
    return ek_fail(fault, EK_UNSUPPORTED, EK_NOWHERE, EK_NOWHERE, "more than one subgraph");
  }
  EK_TRY(ek_fb_element(file, subgraphs, 0u, &graph));
  EK_TRY(ek_fb_vector(file, graph, GRAPH_TENSORS, 4u, &model->tensors));
  EK_TRY(ek_fb_vector(file, graph, GRAPH_OPERATORS, 4u, &model->operators));
  EK_TRY(ek_fb_vector(file, graph, GRAPH_INPUTS, 4u, &model->inputs));
  EK_TRY(ek_fb_vector(file, graph, GRAPH_OUTPUTS, 4u, &model->outputs));
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

ek_status_t ek_model_open(ek_model_t *model, const uint8_t *bytes, uint32_t size, ek_fault_t *fault) {
  memset(model, 0, sizeof *model);
  model->file.bytes = bytes;
  model->file.size = size;
  uint32_t root;
  uint32_t version;
  if (ek_fb_root(&model->file, "TFL3", &root) != EK_OK) {
    return ek_fail(fault, EK_BAD_MODEL, EK_NOWHERE, EK_NOWHERE, "not a TFLite flatbuffer");
  }
  if (ek_fb_u32(&model->file, root, MODEL_VERSION, 0u, &version) != EK_OK || version != 3u) {
    return ek_fail(fault, EK_BAD_MODEL, EK_NOWHERE, EK_NOWHERE, "not TFLite schema version 3");
  }
  if (ek_fb_vector(&model->file, root, MODEL_OPERATOR_CODES, 4u, &model->operator_codes) != EK_OK ||
      ek_fb_vector(&model->file, root, MODEL_BUFFERS, 4u, &model->buffers) != EK_OK) {
    return ek_fail(fault, EK_BAD_MODEL, EK_NOWHERE, EK_NOWHERE, "broken list of operator codes or buffers");
  }
  const ek_status_t status = open_subgraph(model, root, fault);
  /* ek_fail keeps the first fault, so this only names what had no words yet. */
  return status == EK_OK ? EK_OK : ek_fail(fault, status, EK_NOWHERE, EK_NOWHERE, "broken subgraph");
}

static ek_status_t read_shape(const ek_model_t *model, uint32_t table, ek_tensor_t *tensor) {
  ek_vector_t shape;
  EK_TRY(ek_fb_vector(&model->file, table, TENSOR_SHAPE, 4u, &shape));
  if (shape.length > EK_MAX_RANK) {
    return EK_UNSUPPORTED;
  }
  const uint32_t element_bytes = ek_type_bytes(tensor->type);
  if (element_bytes == 0u) {
    return EK_UNSUPPORTED;
  }
  uint32_t num_elements = 1u;
  for (uint32_t i = 0; i < shape.length; ++i) {
    const int32_t dim = ek_load_i32(model->file.bytes + shape.position + 4u * i);
    if (dim <= 0 || (uint32_t)dim > EK_MAX_TENSOR_BYTES / element_bytes / num_elements) {
      return EK_UNSUPPORTED;
    }
    tensor->dims[i] = dim;
    num_elements *= (uint32_t)dim;
  }
  tensor->rank = (uint8_t)shape.length;
  tensor->num_elements = num_elements;
  tensor->num_bytes = num_elements * element_bytes;
  return EK_OK;
}

static ek_status_t read_quantization(const ek_model_t *model, uint32_t table, ek_tensor_t *tensor) {
  const ek_buffer_t *file = &model->file;
  uint32_t quantization;
  uint8_t details;
  int32_t dimension;
  ek_vector_t scales;
  ek_vector_t zero_points;
  EK_TRY(ek_fb_table(file, table, TENSOR_QUANTIZATION, &quantization));
  if (quantization == 0u) {
    return EK_OK;
  }
  EK_TRY(ek_fb_u8(file, quantization, QUANTIZATION_DETAILS_TYPE, 0u, &details));
  EK_TRY(ek_fb_vector(file, quantization, QUANTIZATION_SCALE, 4u, &scales));
  EK_TRY(ek_fb_vector(file, quantization, QUANTIZATION_ZERO_POINT, 8u, &zero_points));
  EK_TRY(ek_fb_i32(file, quantization, QUANTIZATION_DIMENSION, 0, &dimension));
  if (details != 0u) {
    return EK_UNSUPPORTED; /* a scheme of its own, not scales and zero points */
  }
  if (zero_points.length > scales.length || dimension < 0 || dimension >= (int32_t)EK_MAX_RANK) {
    return EK_BAD_MODEL;
  }
  tensor->num_scales = scales.length;
  tensor->scales = file->bytes + scales.position;
  tensor->quantized_dimension = (uint8_t)dimension;
  for (uint32_t i = 0; i < scales.length; ++i) {
    const uint32_t bits = ek_load_u32(tensor->scales + 4u * i);
    if ((bits & 0x80000000u) != 0u || bits == 0u || bits >= 0x7F800000u) {
      return EK_BAD_MODEL; /* a scale is a positive, finite number */
    }
  }
  for (uint32_t i = 0; i < zero_points.length; ++i) {
    const int64_t value = ek_load_i64(file->bytes + zero_points.position + 8u * i);
    if (value < INT16_MIN || value > UINT16_MAX) {
      return EK_BAD_MODEL;
    }
    tensor->is_symmetric = tensor->is_symmetric && value == 0;
    if (i == 0u) {
      tensor->zero_point = (int32_t)value;
    }
  }
  if (scales.length > 0u) {
    tensor->scale = ek_load_u32(tensor->scales);
  }
  return EK_OK;
}

static ek_status_t read_constant(const ek_model_t *model, uint32_t table, ek_tensor_t *tensor) {
  const ek_buffer_t *file = &model->file;
  uint32_t index;
  uint32_t buffer;
  uint32_t offset;
  ek_vector_t data;
  EK_TRY(ek_fb_u32(file, table, TENSOR_BUFFER, 0u, &index));
  if (index >= model->buffers.length) {
    return EK_BAD_MODEL;
  }
  EK_TRY(ek_fb_element(file, model->buffers, index, &buffer));
  EK_TRY(ek_fb_vector(file, buffer, BUFFER_DATA, 1u, &data));
  EK_TRY(ek_fb_field(file, buffer, BUFFER_OFFSET, 8u, &offset));
  if (offset != 0u && ek_load_i64(file->bytes + offset) > 1) {
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
  tensor->data = (uint8_t *)(uintptr_t)(file->bytes + data.position);
  return EK_OK;
}

ek_status_t ek_model_tensor(const ek_model_t *model, uint32_t index, ek_tensor_t *tensor, ek_fault_t *fault) {
  memset(tensor, 0, sizeof *tensor);
  tensor->index = (uint16_t)index;
  tensor->is_symmetric = true;
  uint32_t table;
  uint32_t sparsity;
  uint8_t is_variable;
  if (ek_fb_element(&model->file, model->tensors, index, &table) != EK_OK ||
      ek_fb_u8(&model->file, table, TENSOR_TYPE, EK_FLOAT32, &tensor->type) != EK_OK ||
      ek_fb_u8(&model->file, table, TENSOR_IS_VARIABLE, 0u, &is_variable) != EK_OK ||
      ek_fb_table(&model->file, table, TENSOR_SPARSITY, &sparsity) != EK_OK) {
    return ek_fail(fault, EK_BAD_MODEL, EK_NOWHERE, index, "broken tensor");
  }
  if (is_variable != 0u || sparsity != 0u) {
    return ek_fail(fault, EK_UNSUPPORTED, EK_NOWHERE, index, "variable or sparse tensor");
  }
  ek_status_t status = read_shape(model, table, tensor);
  if (status != EK_OK) {
    return ek_fail(fault, status, EK_NOWHERE, index, "type or shape of the tensor");
  }
  status = read_quantization(model, table, tensor);
  if (status != EK_OK) {
    return ek_fail(fault, status, EK_NOWHERE, index, "quantization of the tensor");
  }
  status = read_constant(model, table, tensor);
  return status == EK_OK ? EK_OK : ek_fail(fault, status, EK_NOWHERE, index, "data of the tensor");
}

/* Old files store the operator in a byte, new ones in an int32 beside it; the larger of the two counts. */
static ek_status_t read_code(const ek_model_t *model, uint32_t index, ek_operator_t *operator_) {
  const ek_buffer_t *file = &model->file;
  uint32_t code;
  uint8_t deprecated;
  int32_t builtin;
  EK_TRY(ek_fb_element(file, model->operator_codes, index, &code));
  EK_TRY(ek_fb_u8(file, code, CODE_DEPRECATED_BUILTIN, 0u, &deprecated));
  EK_TRY(ek_fb_i32(file, code, CODE_BUILTIN, 0, &builtin));
  EK_TRY(ek_fb_i32(file, code, CODE_VERSION, 1, &operator_->version));
  operator_->builtin = builtin > (int32_t)deprecated ? builtin : (int32_t)deprecated;
  return EK_OK;
}

static ek_status_t read_operator(const ek_model_t *model, uint32_t index, ek_operator_t *operator_) {
  const ek_buffer_t *file = &model->file;
  uint32_t table;
  uint32_t code_index;
  EK_TRY(ek_fb_element(file, model->operators, index, &table));
  EK_TRY(ek_fb_u32(file, table, OPERATOR_CODE_INDEX, 0u, &code_index));
  EK_TRY(read_code(model, code_index, operator_));
  EK_TRY(ek_fb_vector(file, table, OPERATOR_INPUTS, 4u, &operator_->inputs));
  EK_TRY(ek_fb_vector(file, table, OPERATOR_OUTPUTS, 4u, &operator_->outputs));
  EK_TRY(ek_fb_table(file, table, OPERATOR_OPTIONS, &operator_->options));
  if (operator_->inputs.length > EK_MAX_OPERANDS || operator_->outputs.length > EK_MAX_OPERANDS) {
    return EK_UNSUPPORTED;
  }
  return indices_are_valid(model, operator_->inputs, -1) && indices_are_valid(model, operator_->outputs, 0)
             ? EK_OK
             : EK_BAD_MODEL;
}

ek_status_t ek_model_operator(const ek_model_t *model, uint32_t index, ek_operator_t *operator_, ek_fault_t *fault) {
  memset(operator_, 0, sizeof *operator_);
  operator_->index = (uint16_t)index;
  const ek_status_t status = read_operator(model, index, operator_);
  return status == EK_OK ? EK_OK : ek_fail(fault, status, index, EK_NOWHERE, "broken operator");
}
