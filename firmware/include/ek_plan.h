/* SPDX-License-Identifier: Apache-2.0 */
/* Gives every tensor that is computed, and every kernel's working memory, a place in the arena.
 *
 * Blocks that live at the same time lie apart, with one exception: the output of an operator may lie over an input
 * that is needed no longer, as far as the kernel's `overlap` allows it.
 *
 * The arena, from its start:
 *   {ek_variable_t} for each VAR_HANDLE                                          (ek_variables.h)
 *   {uint32 tables, uint32 bytes, uint32 num_scratch, uint32 cost} for each subgraph, if there is more than one
 *   for each subgraph that is called:
 *     uint32 place of each tensor: an offset from the frame's base, or from the persistent part with EK_PERSISTENT
 *     {uint32 operator, uint32 place} for each operator with working memory
 *   the persistent part: variables
 *   the main subgraph's tensors and working memory; the latter holds the callees'
 */
#ifndef EK_PLAN_H
#define EK_PLAN_H

#include "ek_kernel.h"

#define EK_NO_PLACE 0xFFFFFFFFu
#define EK_PERSISTENT 0x80000000u
/* More blocks than any network for a microcontroller has; bounds the planner's time, which grows with their cube. */
#define EK_MAX_BLOCKS 1024u

/* The kernel that runs an operator; fails, with words, if there is none. */
EK_MUST_CHECK ek_status_t ek_find_kernel(ek_runtime_t *runtime, const ek_operator_t *operator_,
                                         const ek_kernel_t **kernel);

/* Checks and plans the current subgraph, with its tables at `runtime->tables`; those that it calls are planned.
 * `bytes` is what its blocks span, `end` where its tables end. Raises `arena_used` to what planning needs.
 * Also refuses graphs that read a tensor before it is written, or write one twice. */
EK_MUST_CHECK ek_status_t ek_plan(ek_runtime_t *runtime, uint32_t *bytes, uint32_t *end);

/* Takes `bytes` of the persistent part; `place` counts from its start. */
EK_MUST_CHECK ek_status_t ek_plan_persistent(ek_runtime_t *runtime, uint32_t bytes, uint32_t *place);

/* Offset in the arena of an operator's working memory; 0 if it has none. */
uint32_t ek_plan_scratch(const ek_runtime_t *runtime, uint32_t operator_index);

/* During the load: a tensor of the subgraph that is planned, without data unless it is constant. It is decoded once if
 * there is spare arena to keep it in, and else, each time, into `room`. The view is good until the next look. */
EK_MUST_CHECK ek_status_t ek_plan_look(ek_runtime_t *runtime, uint32_t index, ek_tensor_t *room,
                                       const ek_tensor_t **tensor);

/* The tensor if it is kept, and NULL else; good until the next operator. */
static inline const ek_tensor_t *ek_plan_kept(const ek_runtime_t *runtime, uint32_t index) {
  if (!EK_LOADS_MODELS || runtime->known == NULL) {
    return NULL;
  }
  const ek_tensor_t *slot = &runtime->known[index & runtime->known_mask];
  return slot->index == index ? slot : NULL;
}

/* The entry of a subgraph in the directory. */
typedef struct {
  uint32_t tables; /* EK_NO_PLACE until it is planned */
  uint32_t bytes;
  uint32_t num_scratch;
  uint32_t cost; /* of one call; see ek_work.h */
} ek_plan_entry_t;

ek_plan_entry_t *ek_plan_entry(const ek_runtime_t *runtime, uint32_t subgraph);

#endif
