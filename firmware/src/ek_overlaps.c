/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_planning.h"

static uint32_t block_of_input(const ek_planning_t *plan, const ek_call_t *call, uint32_t position) {
  const int32_t input = ek_model_tensor_index(&plan->runtime->model, call->operator_.inputs, position);
  return input < 0 ? EK_NO_PLACE : plan->places[input];
}

/* An operator may have one tensor for several inputs, and read each its own way: the output keeps the largest distance
 * that any of them wants. More of them than networks have are not asked, as each may take a look at all inputs. */
#define MAX_READS 4u

static EK_OWN_FRAME ek_status_t largest_lag(const ek_planning_t *plan, ek_call_t *call, const ek_kernel_t *kernel, uint32_t block,
                                            uint32_t *largest) {
  uint32_t reads = 0u;
  *largest = 0u;
  for (uint32_t i = 0; i < call->operator_.inputs.length && *largest <= EK_MAX_TENSOR_BYTES; ++i) {
    if (block_of_input(plan, call, i) == block) {
      uint32_t lag = EK_NO_OVERLAP;
      if (++reads <= MAX_READS) {
        EK_TRY(kernel->overlap(call, i, &lag));
      }
      *largest = lag > *largest ? lag : *largest;
    }
  }
  return EK_OK;
}

/* Of more inputs than these none is overlapped, so that the work grows with their number and not with its square. */
#define MAX_CANDIDATES 8u

EK_OWN_FRAME ek_status_t ek_add_overlaps(ek_planning_t *plan, ek_call_t *call, const ek_kernel_t *kernel) {
  const uint32_t out = plan->places[ek_model_tensor_index(&plan->runtime->model, call->operator_.outputs, 0u)];
  uint32_t found = 0u;
  if (out >= plan->num_blocks || plan->blocks[out].first != call->operator_.index) {
    return EK_OK;
  }
  ek_block_t *block = &plan->blocks[out];
  for (uint32_t i = 0; i < call->operator_.inputs.length && i < MAX_CANDIDATES && found < EK_MAX_OVERLAPS; ++i) {
    const uint32_t in = block_of_input(plan, call, i);
    if (in >= plan->num_blocks || in == out || (found > 0u && block->over[0] == in)) {
      continue;
    }
    uint32_t lag;
    EK_TRY(largest_lag(plan, call, kernel, in, &lag));
    if (lag <= EK_MAX_TENSOR_BYTES) {
      block->over[found] = (uint16_t)in;
      block->lag[found] = ek_align(lag);
      plan->has_overlaps = true;
      ++found;
    }
  }
  return EK_OK;
}

EK_OWN_FRAME void ek_settle_overlaps(ek_planning_t *plan) {
  for (uint32_t i = 0; i < plan->num_blocks; ++i) {
    ek_block_t *block = &plan->blocks[i];
    for (uint32_t k = 0; k < EK_MAX_OVERLAPS; ++k) {
      if (block->over[k] != EK_NO_BLOCK && plan->blocks[block->over[k]].last != block->first) {
        block->over[k] = EK_NO_BLOCK;
        block->lag[k] = 0u;
      }
    }
  }
}
