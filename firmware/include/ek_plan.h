/* SPDX-License-Identifier: Apache-2.0 */
/* Gives every tensor that is computed, and every kernel's working memory, a place in the arena.
 *
 * Blocks that live at the same time lie apart, with one exception: the output of an operator may lie over an input
 * that is needed no longer, as far as the kernel's `overlap` allows it.
 *
 * The arena begins with what the runtime keeps of the plan:
 *   uint32 place of each tensor (offset in the arena, or EK_NO_PLACE)
 *   {uint32 operator, uint32 place} for each operator with working memory
 */
#ifndef EK_PLAN_H
#define EK_PLAN_H

#include "ek_kernel.h"

#define EK_NO_PLACE 0xFFFFFFFFu
/* More blocks than any network for a microcontroller has; bounds the planner's time, which grows with their cube. */
#define EK_MAX_BLOCKS 1024u

/* The kernel that runs an operator, or NULL. */
typedef const ek_kernel_t *(*ek_find_kernel_t)(ek_runtime_t *runtime, const ek_operator_t *operator_);

/* Fills the tables at the start of the arena and sets `arena_used`.
 * Also refuses graphs that read a tensor before it is written, or write one twice. */
EK_MUST_CHECK ek_status_t ek_plan(ek_runtime_t *runtime, ek_find_kernel_t find_kernel);

/* Working memory of an operator, or NULL if it has none. */
uint8_t *ek_plan_scratch(const ek_runtime_t *runtime, uint32_t operator_index);

#endif
