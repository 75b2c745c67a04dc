/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of the file, its subgraphs and operators. */
#include "ek_model.h"

/* Field numbers of the TFLite schema, version 3. */
enum { MODEL_VERSION = 0, MODEL_OPERATOR_CODES = 1, MODEL_SUBGRAPHS = 2, MODEL_BUFFERS = 4 };
enum { CODE_DEPRECATED_BUILTIN = 0, CODE_VERSION = 2, CODE_BUILTIN = 3 };
enum { GRAPH_TENSORS = 0, GRAPH_INPUTS = 1, GRAPH_OUTPUTS = 2, GRAPH_OPERATORS = 3 };
enum { OPERATOR_CODE_INDEX = 0, OPERATOR_INPUTS = 1, OPERATOR_OUTPUTS = 2, OPERATOR_OPTIONS = 4 };

/* Tensors: shape, type, buffer, quantization, is variable, sparsity. Quantizations: scale, zero point, type of details,
 * dimension. Buffers: data, offset. Operators: code, inputs, outputs, options. Options: those of any operator. */
const uint8_t ek_model_widths[EK_NUM_LAYOUTS][EK_LAYOUT_FIELDS] = {
    [EK_OF_TENSORS] = {4u, 1u, 4u, 0u, 4u, 1u, 4u}, [EK_OF_QUANTIZATIONS] = {0u, 0u, 4u, 4u, 1u, 0u, 4u},
    [EK_OF_BUFFERS] = {4u, 8u, 8u},                 [EK_OF_OPERATORS] = {4u, 4u, 4u, 0u, 4u},
    [EK_OF_OPTIONS] = {EK_WIDTH_OF_USE, EK_WIDTH_OF_USE, EK_WIDTH_OF_USE, EK_WIDTH_OF_USE, EK_WIDTH_OF_USE,
                       EK_WIDTH_OF_USE, EK_WIDTH_OF_USE},
};

void ek_model_forget(ek_model_t *model) {
  for (uint32_t i = 0; i < EK_NUM_LAYOUTS; ++i) {
    ek_fb_forget(&model->layouts[i]);
  }
  model->code = EK_NO_CODE;
}

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

static inline bool indices_are_valid(const ek_model_t *model, ek_vector_t list, int32_t lowest) {
  const uint8_t *entry = model->file.bytes + list.position;
  const uint32_t count = model->tensors.length - (uint32_t)lowest; /* at most 4097 are allowed, from `lowest` on */
  for (uint32_t left = list.length; left > 0u; --left, entry += 4) {
    if (ek_load_u32(entry) - (uint32_t)lowest >= count) {
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
    return ek_fail(fault, EK_UNSUPPORTED, EK_NOWHERE, EK_NOWHERE, "more than 256 inputs or outputs");
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

ek_status_t ek_model_open(ek_model_t *model, const uint8_t *bytes, uint32_t size, ek_fault_t *fault) {
  model->file.bytes = bytes;
  model->file.size = size;
  ek_model_forget(model);
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
  model->first_buffer_is_empty = ek_model_constant(model, 0u, &none) == EK_OK && !none.is_constant;
  return ek_model_enter(model, 0u, fault);
}

/* Old files store the operator in a byte, new ones in an int32 beside it; the larger of the two counts. */
static ek_status_t read_code(ek_model_t *model, uint32_t index) {
  ek_table_t code;
  const uint32_t position = ek_fb_table_of(&model->file, model->operator_codes, index);
  if (position == 0u || ek_fb_open(&model->file, position, &code) != EK_OK) {
    return EK_BAD_MODEL;
  }
  const int32_t deprecated = ek_fb_at_u8(&code, CODE_DEPRECATED_BUILTIN);
  const uint32_t version = ek_fb_at(&code, CODE_VERSION, 4u);
  const int32_t builtin = (int32_t)ek_fb_at_u32(&code, CODE_BUILTIN);
  if (code.is_broken) {
    return EK_BAD_MODEL;
  }
  model->version = version == 0u ? 1 : ek_load_i32(model->file.bytes + version);
  model->builtin = builtin > deprecated ? builtin : deprecated;
  model->code = index;
  return EK_OK;
}

bool ek_model_may_have(ek_model_t *model, int32_t builtin) {
  for (uint32_t i = 0; i < model->operator_codes.length; ++i) {
    if (read_code(model, i) == EK_OK && model->builtin == builtin) {
      return true;
    }
  }
  return false;
}

static inline ek_status_t read_operator(ek_model_t *model, uint32_t index, ek_operator_t *operator_) {
  const ek_buffer_t file = {model->file.bytes, model->file.size};
  const ek_layout_t *layout;
  const uint32_t position = ek_model_table(model, EK_OF_OPERATORS, model->operators, index, &layout);
  if (position == 0u) {
    return EK_BAD_MODEL;
  }
  const uint16_t *at = layout->at;
  ek_vector_t inputs = {0u, 0u};
  ek_vector_t outputs = {0u, 0u};
  uint32_t options = 0u;
  if (at[OPERATOR_INPUTS] != 0u && !ek_fb_follow_vector(&file, position + at[OPERATOR_INPUTS], 2u, &inputs)) {
    return EK_BAD_MODEL;
  }
  if (at[OPERATOR_OUTPUTS] != 0u && !ek_fb_follow_vector(&file, position + at[OPERATOR_OUTPUTS], 2u, &outputs)) {
    return EK_BAD_MODEL;
  }
  if (at[OPERATOR_OPTIONS] != 0u) {
    options = ek_fb_follow(&file, position + at[OPERATOR_OPTIONS]);
    if (options == 0u) {
      return EK_BAD_MODEL;
    }
  }
  if (inputs.length > EK_MAX_OPERANDS || outputs.length > EK_MAX_OPERANDS) {
    return EK_UNSUPPORTED;
  }
  const uint32_t code =
      at[OPERATOR_CODE_INDEX] == 0u ? 0u : ek_load_u32(file.bytes + position + at[OPERATOR_CODE_INDEX]);
  if (code != model->code || code == EK_NO_CODE) {
    EK_TRY(read_code(model, code));
  }
  operator_->inputs = inputs;
  operator_->outputs = outputs;
  operator_->options = options;
  operator_->index = (uint16_t)index;
  operator_->builtin = model->builtin;
  operator_->version = model->version;
  return indices_are_valid(model, inputs, -1) && indices_are_valid(model, outputs, 0) ? EK_OK : EK_BAD_MODEL;
}

ek_status_t ek_model_operator(ek_model_t *model, uint32_t index, ek_operator_t *operator_, ek_fault_t *fault) {
  const ek_status_t status = read_operator(model, index, operator_);
  return status == EK_OK ? EK_OK : ek_fail(fault, status, index, EK_NOWHERE, "broken operator");
}

ek_status_t ek_model_option(ek_model_t *model, uint32_t options, uint32_t id, uint32_t width, uint32_t *position) {
  *position = 0u;
  if (options == 0u) {
    return EK_OK;
  }
  if (id >= EK_LAYOUT_FIELDS) {
    return ek_fb_field(&model->file, options, id, width, position);
  }
  const ek_layout_t *layout =
      ek_fb_enter(&model->file, options, ek_model_widths[EK_OF_OPTIONS], &model->layouts[EK_OF_OPTIONS]);
  if (layout == NULL) {
    return EK_BAD_MODEL;
  }
  const uint32_t at = layout->at[id];
  if (at == 0u) {
    return EK_OK;
  }
  if (at < 4u || at + width > layout->table_bytes) {
    return EK_BAD_MODEL;
  }
  *position = options + at;
  return EK_OK;
}
