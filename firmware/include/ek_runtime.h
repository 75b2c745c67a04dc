/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a .tflite file, plans its arena, runs it.
 *
 * Model and arena belong to the caller and must outlive the runtime; the arena must be aligned to EK_ALIGNMENT bytes.
 * Nothing else is used: no heap, no globals, no recursion.
 */
#ifndef EK_RUNTIME_H
#define EK_RUNTIME_H

#include "ek_model.h"

#define EK_ALIGNMENT 16u
#define EK_ALL_OPERATORS 0xFFFFu

typedef struct {
  ek_model_t model;
  ek_fault_t fault;  /* of the last call that failed */
  uint8_t *arena;    /* first the tables of the plan (ek_plan.h), then tensors and working memory */
  uint32_t arena_size;
  uint32_t num_scratch; /* operators with working memory */
  uint32_t arena_used; /* what this model needs of it; 0 while no model is loaded */
  uint64_t work;       /* steps of one inference; see ek_work.h */
} ek_runtime_t;

/* Checks the file and every operator, and plans. On failure `fault` says what is wrong and where, and no model is
 * loaded. */
EK_MUST_CHECK ek_status_t ek_runtime_load(ek_runtime_t *runtime, const uint8_t *model, uint32_t model_size,
                                          uint8_t *arena, uint32_t arena_size);

/* Checks one operator of a file, whatever the others are; for tools that want to know of every refusal at once. */
EK_MUST_CHECK ek_status_t ek_runtime_check(ek_runtime_t *runtime, const uint8_t *model, uint32_t model_size,
                                           uint32_t index);

/* Runs operators `first` … `first + count − 1`; EK_ALL_OPERATORS means all that follow. Inputs may be overwritten. */
EK_MUST_CHECK ek_status_t ek_runtime_run(ek_runtime_t *runtime, uint32_t first, uint32_t count);

/* Views of an input or output by its position in the model's list, or of any tensor by its index. */
EK_MUST_CHECK ek_status_t ek_runtime_input(ek_runtime_t *runtime, uint32_t position, ek_tensor_t *tensor);
EK_MUST_CHECK ek_status_t ek_runtime_output(ek_runtime_t *runtime, uint32_t position, ek_tensor_t *tensor);
EK_MUST_CHECK ek_status_t ek_runtime_tensor(ek_runtime_t *runtime, uint32_t index, ek_tensor_t *tensor);

#endif
