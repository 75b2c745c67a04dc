/* SPDX-License-Identifier: Apache-2.0 */
/* Gives every tensor that is computed a place in the arena, so that tensors that live at the same time never overlap. */
#ifndef EK_PLAN_H
#define EK_PLAN_H

#include "ek_runtime.h"

#define EK_NO_PLACE 0xFFFFFFFFu

struct ek_kernel;

/* The kernel that runs an operator, or NULL. */
typedef const struct ek_kernel *(*ek_find_kernel_t)(ek_runtime_t *runtime, const ek_operator_t *operator_);

/* Fills the table of places at the start of the arena and sets `arena_used`.
 * Also refuses graphs that read a tensor before it is written, or write one twice. */
EK_MUST_CHECK ek_status_t ek_plan(ek_runtime_t *runtime, ek_find_kernel_t find_kernel);

#endif
