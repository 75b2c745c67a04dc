/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the instructions and modelled cycles of what QEMU executes, block by block.
 *
 * A block is simulated once for each state that the pipeline enters it in; then it is one addition. So where QEMU cuts
 * blocks, which its timers decide, changes no count. */
#ifndef CM_COUNTER_H
#define CM_COUNTER_H

#include <stddef.h>
#include <stdint.h>

#include "cm_flash.h"
#include "cm_pipeline.h"

typedef struct cm_passage cm_passage_t;

typedef struct cm_block {
  uint32_t start;
  uint32_t end;
  uint32_t num_instructions;
  cm_instruction_t *instructions;
  cm_passage_t *passages;       /* by the state they enter in */
  uint64_t executions;          /* in the current run */
  struct cm_block *next_in_run; /* of those with executions */
} cm_block_t;

typedef struct {
  cm_core_t core;
  cm_flash_t flash;
  uint32_t run_address;  /* where a run begins */
  uint32_t stop_address; /* the next time it gets here, it has ended */
  int output;            /* file descriptor for one line a run */
  int is_running;
  uint64_t instructions;
  uint64_t cycles;
  uint64_t taken_branches;
  uint64_t flash_stalls;
  cm_block_t *blocks; /* of this run */
  const cm_block_t *last_block;
  const cm_passage_t *last;
  uint32_t state; /* number of the pipeline's state */
} cm_counter_t;

/* Reads "name=value": a weight as class.attribute, a core's own figure, an address. False if it is none of those. */
int cm_set_option(cm_counter_t *counter, const char *option);

/* A block of the instructions whose bytes these are; never freed: QEMU may execute it for ever. */
cm_block_t *cm_new_block(uint32_t start, size_t num_instructions);
void cm_set_instruction(cm_block_t *block, size_t index, const void *bytes, size_t size);

/* The block is executed now. */
void cm_run_block(cm_counter_t *counter, cm_block_t *block);

#endif
