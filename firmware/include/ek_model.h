/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a .tflite file (schema version 3) that the runtime needs, read in place.
 *
 * ek_model_open looks at the frame of the file; tensors and operators are decoded one at a time into views that
 * live on the caller's stack. A view is checked when it is made, so kernels use its fields without further thought:
 * element counts do not overflow, constant data has exactly the size its shape asks for. Extents are positive but in a
 * tensor without elements, which counts as constant and which only ek_call_any_input lets through.
 */
#ifndef EK_MODEL_H
#define EK_MODEL_H

#include <stdbool.h>

#include "ek_flatbuffer.h"

#define EK_MAX_RANK 6u
#define EK_MAX_TENSORS 4096u
#define EK_MAX_OPERATORS 4096u
#define EK_MAX_SUBGRAPHS 64u
#define EK_MAX_OPERATOR_CODES 1024u
#define EK_MAX_OPERANDS 256u
#define EK_MAX_TENSOR_BYTES 0x1FFFFFFFu

/* TensorType of the TFLite schema. */
typedef enum {
  EK_FLOAT32 = 0,
  EK_FLOAT16 = 1,
  EK_INT32 = 2,
  EK_UINT8 = 3,
  EK_INT64 = 4,
  EK_BOOL = 6,
  EK_INT16 = 7,
  EK_INT8 = 9,
  EK_UINT64 = 12,
  EK_UINT32 = 15,
  EK_UINT16 = 16,
  EK_INT4 = 17, /* two in a byte, the first one in the low half */
  EK_RESOURCE = 13 /* names a variable: a uint32, its number */
} ek_type_t;

/* BuiltinOperator of the TFLite schema; a kernel file names its own. */
#define EK_BUILTIN_CUSTOM 32

/* The kinds of tables that there are many of. */
typedef enum { EK_OF_TENSORS, EK_OF_QUANTIZATIONS, EK_OF_BUFFERS, EK_OF_OPERATORS, EK_OF_OPTIONS, EK_NUM_LAYOUTS } ek_kind_t;

typedef struct {
  ek_buffer_t file;
  ek_layouts_t layouts[EK_NUM_LAYOUTS];
  ek_vector_t operator_codes;
  ek_vector_t buffers;
  ek_vector_t subgraphs;
  uint32_t subgraph;     /* the one that the rest describes: the main one, 0, unless ek_model_enter took another */
  ek_vector_t tensors;
  ek_vector_t operators;
  ek_vector_t inputs;    /* int32 tensor indices */
  ek_vector_t outputs;
  uint32_t code;         /* the operator code that was read last, EK_NO_CODE for none, and what it says */
  int32_t builtin;
  int32_t version;
  bool first_buffer_is_empty;
} ek_model_t;

#define EK_NO_CODE 0xFFFFFFFFu

typedef struct {
  uint8_t *data; /* NULL until the runtime has given the tensor its place; constants must not be written to */
  uint32_t num_bytes;
  uint32_t num_elements;
  int32_t dims[EK_MAX_RANK];
  uint32_t scale; /* bits of the first float32 scale, 0 if not quantized */
  int32_t zero_point;
  const uint8_t *scales; /* float32 × num_scales, unaligned; only the first was looked at: ek_model_scales_are_sound */
  uint32_t num_scales;
  uint16_t index;
  uint8_t rank;
  uint8_t type; /* ek_type_t, or a value of the schema that the runtime does not know */
  uint8_t quantized_dimension;
  bool is_constant;
  bool is_variable; /* state: keeps its value from one inference to the next */
} ek_tensor_t;

typedef struct {
  uint32_t options; /* table of builtin options, 0 if absent */
  ek_vector_t inputs;
  ek_vector_t outputs;
  int32_t builtin;
  int32_t version;
  uint16_t index;
} ek_operator_t;

/* Checks the frame of the file: identifier, version, vectors, input and output lists of the main subgraph. `model` is to
 * be all zeros. */
EK_MUST_CHECK ek_status_t ek_model_open(ek_model_t *model, const uint8_t *bytes, uint32_t size, ek_fault_t *fault);

/* Makes `index` the subgraph that tensors, operators, inputs and outputs are taken from; checks its lists. */
EK_MUST_CHECK ek_status_t ek_model_enter(ek_model_t *model, uint32_t index, ek_fault_t *fault);

/* Forgets what was learnt of the file's tables and operator codes, so that the next look costs what the first one did. */
void ek_model_forget(ek_model_t *model);

/* Where option `id` of an operator is stored, all `width` bytes of it; 0 if it is absent or there are no `options`. */
EK_MUST_CHECK ek_status_t ek_model_option(ek_model_t *model, uint32_t options, uint32_t id, uint32_t width,
                                          uint32_t *position);

/* Is there an operator code for `builtin`? Tells that a model has none of an operator without a look at each. */
bool ek_model_may_have(ek_model_t *model, int32_t builtin);

/* The type of a tensor, or a value that is no ek_type_t. */
uint8_t ek_model_type(ek_model_t *model, uint32_t index);

/* Is every scale, not just the first, a positive, finite number? Is every zero point 0? */
bool ek_model_scales_are_sound(const ek_tensor_t *tensor);
bool ek_model_is_symmetric(ek_model_t *model, const ek_tensor_t *tensor);

/* Decodes and checks one tensor. `data` is set for constants only. A broken one has EK_NOWHERE for its index, and is told
 * to `fault` unless that is NULL. */
EK_MUST_CHECK ek_status_t ek_model_tensor(ek_model_t *model, uint32_t index, ek_tensor_t *tensor,
                                          ek_fault_t *fault);

/* Decodes and checks one operator; the tensor indices in its lists are valid, or −1 for an absent input. */
EK_MUST_CHECK ek_status_t ek_model_operator(ek_model_t *model, uint32_t index, ek_operator_t *operator_,
                                            ek_fault_t *fault);

/* The name, without a 0 at its end, and the options of a custom operator; empty if it has none. */
EK_MUST_CHECK ek_status_t ek_model_custom_name(ek_model_t *model, uint32_t index, ek_vector_t *name);
EK_MUST_CHECK ek_status_t ek_model_custom_options(ek_model_t *model, uint32_t index, ek_vector_t *options);

/* Entry `position` of a list of tensor indices that was checked before; −1 outside it. */
static inline int32_t ek_model_tensor_index(const ek_model_t *model, ek_vector_t list, uint32_t position) {
  return position < list.length ? ek_load_i32(model->file.bytes + list.position + 4u * position) : -1;
}

/* Decodes the data of buffer `index`, which must be empty or have `tensor->num_bytes`. */
EK_MUST_CHECK ek_status_t ek_model_constant(ek_model_t *model, uint32_t index, ek_tensor_t *tensor);

/* Widths of the fields of each kind of table that are read. */
extern const uint8_t ek_model_widths[EK_NUM_LAYOUTS][EK_LAYOUT_FIELDS];

/* The table that entry `index` of `list` refers to, after a check of its frame; 0 if it is broken. */
static inline uint32_t ek_model_table(ek_model_t *model, ek_kind_t kind, ek_vector_t list, uint32_t index,
                                      const ek_layout_t **layout) {
  const uint32_t position = ek_fb_table_of(&model->file, list, index);
  *layout = position == 0u ? NULL
                           : ek_fb_enter(&model->file, position, ek_model_widths[kind], &model->layouts[kind]);
  return *layout == NULL ? 0u : position;
}

/* Bytes of one element; 0 for a type the runtime does not know. */
uint32_t ek_type_bytes(uint8_t type);

/* Records a fault and returns its status; the first fault wins. */
ek_status_t ek_fail(ek_fault_t *fault, ek_status_t status, uint32_t operator_index, uint32_t tensor_index,
                    const char *message);

#endif
