/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a .tflite file, plans its arena, runs it.
 *
 * Model and arena belong to the caller and must outlive the runtime; the arena must be aligned to EK_ALIGNMENT bytes.
 * Nothing else is used: no heap, no globals, no recursion.
 *
 * Subgraphs call each other through IF, WHILE and CALL_ONCE. What runs is a *frame*: a subgraph and the place that its
 * plan counts from, its base. The callee's base is the working memory of the operator that calls it. Between two calls
 * of the functions below the main subgraph is the current one. A WHILE whose condition stays true ends with
 * EK_RUNTIME_FAILED when its calls have cost what an inference may (ek_work.h).
 */
#ifndef EK_RUNTIME_H
#define EK_RUNTIME_H

#include "ek_model.h"

#define EK_ALIGNMENT 16u
#define EK_ALL_OPERATORS 0xFFFFu
#define EK_MAX_DEPTH 8u

/* Inputs 0, 1 and 2, and output 0: what most operators have. */
#define EK_KEPT_OPERANDS 4u
#define EK_KEPT_OUTPUT 3u

typedef struct {
  uint32_t base;           /* offset in the arena */
  uint32_t round;          /* how many of its callees have returned to the operator that runs */
  uint16_t subgraph;
  uint16_t operator_index; /* that runs, or waits for its callee */
  uint16_t end;            /* one past the last operator to run */
} ek_frame_t;

typedef struct {
  ek_model_t model;    /* its current subgraph is that of the last frame */
  ek_fault_t fault;    /* of the last call that failed */
  uint8_t *arena;      /* see ek_plan.h */
  uint32_t arena_size;
  uint32_t arena_used; /* what this model needs of it; 0 while no model is loaded */
  uint64_t work;       /* steps of all subgraphs, each once; see ek_work.h */
  uint64_t called_work; /* what the calls of the last inference cost, at most EK_MAX_WORK */
  uint32_t tables;     /* offset of the current subgraph's plan */
  uint32_t base;       /* offset that the current subgraph's places count from */
  uint32_t main_base;
  uint32_t persistent; /* offset of what keeps its value from one inference to the next */
  uint32_t persistent_bytes;
  ek_tensor_t *known;  /* while planning, in spare arena: decoded tensors, by the low bits of their index; or NULL */
  uint32_t known_mask;
  const ek_tensor_t *operands[EK_KEPT_OPERANDS]; /* while planning: of the operator that is planned, where they are kept */
  uint32_t directory;  /* offset of the plans' directory; unused with a single subgraph */
  uint32_t num_variables;
  uint32_t initialized[(EK_MAX_SUBGRAPHS + 31u) / 32u]; /* bit of each subgraph that CALL_ONCE has run */
  ek_frame_t frames[EK_MAX_DEPTH];
  uint16_t num_scratch; /* operators of the current subgraph with working memory */
  uint16_t kernel_hints[16]; /* 1 + where an operator's kernel was found last, by the low bits of its number */
  bool is_planning;
} ek_runtime_t;

/* Checks the file and every operator, and plans. On failure `fault` says what is wrong and where, and no model is
 * loaded. */
EK_MUST_CHECK ek_status_t ek_runtime_load(ek_runtime_t *runtime, const uint8_t *model, uint32_t model_size,
                                          uint8_t *arena, uint32_t arena_size);

/* Checks one operator of a file, whatever the others are; for tools that want to know of every refusal at once. */
EK_MUST_CHECK ek_status_t ek_runtime_check(ek_runtime_t *runtime, const uint8_t *model, uint32_t model_size,
                                           uint32_t index);

/* Gives all state (variables, recurrent layers) the value that it had after the load, and has CALL_ONCE run again. */
EK_MUST_CHECK ek_status_t ek_runtime_reset(ek_runtime_t *runtime);

/* Runs operators `first` … `first + count − 1` of the main subgraph; EK_ALL_OPERATORS means all that follow. Inputs may
 * be overwritten. */
EK_MUST_CHECK ek_status_t ek_runtime_run(ek_runtime_t *runtime, uint32_t first, uint32_t count);

/* Views of an input or output by its position in the current subgraph's list, or of any tensor by its index. */
EK_MUST_CHECK ek_status_t ek_runtime_input(ek_runtime_t *runtime, uint32_t position, ek_tensor_t *tensor);
EK_MUST_CHECK ek_status_t ek_runtime_output(ek_runtime_t *runtime, uint32_t position, ek_tensor_t *tensor);
EK_MUST_CHECK ek_status_t ek_runtime_tensor(ek_runtime_t *runtime, uint32_t index, ek_tensor_t *tensor);

/* Makes another subgraph the current one, its plan counting from `base`. */
EK_MUST_CHECK ek_status_t ek_runtime_enter(ek_runtime_t *runtime, uint32_t subgraph, uint32_t base);

#endif
