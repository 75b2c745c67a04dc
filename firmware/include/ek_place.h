/* SPDX-License-Identifier: Apache-2.0 */
/* The packing problem of the planner, free of models: blocks with a size and a life, some of which may overlap. */
#ifndef EK_PLACE_H
#define EK_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "ek_status.h"

#define EK_NO_BLOCK 0xFFFFu
/* An operator's output may lie over so many of its inputs. */
#define EK_MAX_OVERLAPS 2u

/* One block of memory: a tensor, several that are views of one another, or working memory. */
typedef struct {
  uint32_t bytes; /* a multiple of the alignment, like every offset and lag */
  uint32_t offset;
  uint16_t first; /* operator that writes it; 0 for inputs */
  uint16_t last;  /* operator that reads it last; one past the end for outputs */
  uint16_t reach; /* the latest `last` of this block and all before it */
  uint16_t turn;  /* by size: the block that is placed after this one */
  /* Blocks that this one, when it starts `lag` bytes before them or more, may overlap though both live at `first`. */
  uint16_t over[EK_MAX_OVERLAPS];
  uint32_t lag[EK_MAX_OVERLAPS];
  bool is_placed;
  bool is_scratch; /* working memory: easily put anywhere, so its turn comes last */
} ek_block_t;

/* Chooses the offsets of `count` blocks, which come in the order of `first`; returns the bytes that they span. Stops
 * trying when they span no more than the least that any plan can.
 * Greedy: in three orders, by size, forward and backward in time, each block at the lowest offset that is free; and where
 * that leaves much to gain, by size with those that stuck out in front, a few times. The best one stays.
 * Source of the greedy-by-size order: Pisarchyk & Lee, "Efficient Memory Management for Deep Neural Net Inference",
 * 2020, section 5.2; the overlaps are ours. */
uint32_t ek_place(ek_block_t *blocks, uint32_t count);

#endif
