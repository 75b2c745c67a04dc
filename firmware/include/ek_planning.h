/* SPDX-License-Identifier: Apache-2.0 */
/* What planning a subgraph consists of: what lives when, which outputs may lie over inputs, and where it all goes. */
#ifndef EK_PLANNING_H
#define EK_PLANNING_H

#include "ek_kernel.h"
#include "ek_place.h"
#include "ek_plan.h"

/* What `places` holds while a subgraph is planned: the number of a block, EK_PERSISTENT and an offset, EK_SIZED and the
 * bytes of a tensor that is not written yet, or one of these. At the end blocks become offsets, the rest EK_NO_PLACE. */
#define EK_SIZED 0xC0000000u
#define EK_SIZE_MASK 0x1FFFFFFFu
#define EK_CONSTANT 0xFFFFFFFEu
#define EK_UNSEEN 0xFFFFFFFFu

typedef struct {
  ek_runtime_t *runtime;
  uint32_t *places;
  ek_block_t *blocks;
  uint32_t num_blocks;
  uint32_t max_blocks;
  uint64_t bytes; /* of all blocks, without regard to their places */
  bool has_overlaps;
} ek_planning_t;

static inline uint32_t ek_align(uint32_t bytes) { return (bytes + EK_ALIGNMENT - 1u) & ~(EK_ALIGNMENT - 1u); }

/* How many blocks fit between the places and what is kept at the end of the arena. */
static inline uint32_t ek_room_for_blocks(const ek_planning_t *plan) {
  const uint8_t *end = plan->runtime->known == NULL ? plan->runtime->arena + plan->runtime->arena_size
                                                    : (const uint8_t *)plan->runtime->known;
  return (uint32_t)(end - (const uint8_t *)plan->blocks) / (uint32_t)sizeof(ek_block_t);
}

EK_MUST_CHECK ek_status_t ek_too_small_to_plan(ek_runtime_t *runtime);

/* Decodes and checks everything in the order in which it runs, and notes what lives from where to where. */
EK_MUST_CHECK ek_status_t ek_find_lifetimes(ek_planning_t *plan);

/* Whoever asks for an operand is to look it up. */
void ek_forget_operands(ek_runtime_t *runtime);

/* Lets the only output of an operator lie over inputs of which it is the last reader so far. */
EK_MUST_CHECK ek_status_t ek_add_overlaps(ek_planning_t *plan, ek_call_t *call, const ek_kernel_t *kernel);

/* Forgets overlaps over inputs that turned out to be read again later. */
void ek_settle_overlaps(ek_planning_t *plan);

#endif
