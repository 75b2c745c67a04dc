/* SPDX-License-Identifier: Apache-2.0 */
#include "cm_counter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CM_CLASS_NAME(name) #name,
static const char *const class_names[CM_NUM_CLASSES] = {CM_CLASSES(CM_CLASS_NAME)};

/* What a block takes when the pipeline enters it in a certain state, and the state after it: index 1 is where its last
 * instruction is a branch that was taken. */
struct cm_passage {
  uint32_t state;
  uint32_t cycles;
  uint32_t cycles_after[2];
  uint32_t state_after[2];
  struct cm_passage *next;
};

/* States have numbers, so that to compare two is to compare their numbers. 0 is a pipeline at rest. */
static cm_state_t *states;
static uint32_t num_states;
static uint32_t *buckets; /* state numbers + 1 */
static uint32_t num_buckets;

static void *allocate(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (memory == NULL) {
    abort();
  }
  return memory;
}

static uint32_t hash(const cm_state_t *state) {
  const unsigned char *bytes = (const unsigned char *)state;
  uint32_t value = 2166136261u; /* FNV-1a */
  for (size_t i = 0; i < sizeof *state; ++i) {
    value = (value ^ bytes[i]) * 16777619u;
  }
  return value;
}

static void insert(uint32_t number) {
  uint32_t at = hash(&states[number]) % num_buckets;
  while (buckets[at] != 0u) {
    at = (at + 1u) % num_buckets;
  }
  buckets[at] = number + 1u;
}

static void grow(void) {
  num_buckets = num_buckets == 0u ? 1024u : 2u * num_buckets;
  cm_state_t *larger = allocate(num_buckets / 2u, sizeof *larger);
  if (num_states > 0u) {
    memcpy(larger, states, num_states * sizeof *larger);
  }
  free(states);
  free(buckets);
  states = larger;
  buckets = allocate(num_buckets, sizeof *buckets);
  for (uint32_t i = 0; i < num_states; ++i) {
    insert(i);
  }
}

static uint32_t number_of(const cm_state_t *state) {
  if (num_states == num_buckets / 2u) {
    grow();
  }
  uint32_t at = hash(state) % num_buckets;
  for (; buckets[at] != 0u; at = (at + 1u) % num_buckets) {
    if (memcmp(&states[buckets[at] - 1u], state, sizeof *state) == 0) {
      return buckets[at] - 1u;
    }
  }
  states[num_states] = *state;
  buckets[at] = ++num_states;
  return num_states - 1u;
}

static const cm_state_t at_rest;

cm_block_t *cm_new_block(uint32_t start, size_t num_instructions) {
  cm_block_t *block = allocate(1u, sizeof *block);
  block->start = start;
  block->end = start;
  block->instructions = allocate(num_instructions, sizeof *block->instructions);
  block->num_instructions = (uint32_t)num_instructions;
  if (num_states == 0u) {
    (void)number_of(&at_rest);
  }
  return block;
}

void cm_set_instruction(cm_block_t *block, size_t index, const void *bytes, size_t size) {
  uint16_t halves[2] = {0u, 0u};
  memcpy(halves, bytes, size < sizeof halves ? size : sizeof halves);
  block->instructions[index] = cm_decode(halves[0], halves[1]);
  /* Not `size`: at the end of a page QEMU counts to an instruction the halfword that it looked at behind it. */
  block->end += block->instructions[index].size;
}

static cm_passage_t *simulate(const cm_counter_t *counter, cm_block_t *block, uint32_t number) {
  cm_passage_t *passage = allocate(1u, sizeof *passage);
  cm_state_t state = states[number];
  passage->state = number;
  for (uint32_t i = 0; i < block->num_instructions; ++i) {
    passage->cycles += cm_issue(&counter->core, &block->instructions[i], &state);
  }
  const uint8_t last = block->instructions[block->num_instructions - 1u].kind;
  cm_state_t taken = state;
  passage->state_after[0] = number_of(&state);
  passage->cycles_after[1] = cm_refill(&taken, counter->core.weights[last].taken);
  passage->state_after[1] = number_of(&taken);
  passage->next = block->passages;
  block->passages = passage;
  return passage;
}

static const cm_passage_t *find_passage(const cm_counter_t *counter, cm_block_t *block, uint32_t state) {
  for (cm_passage_t *each = block->passages; each != NULL; each = each->next) {
    if (each->state == state) {
      return each;
    }
  }
  return simulate(counter, block, state);
}

static void forget_run(cm_counter_t *counter) {
  for (cm_block_t *each = counter->blocks; each != NULL; each = each->next_in_run) {
    each->executions = 0u;
  }
  counter->blocks = NULL;
  counter->instructions = 0u;
  counter->cycles = 0u;
  counter->taken_branches = 0u;
  counter->flash_stalls = 0u;
}

/* One line: what came to pass since the run began. */
static void report(const cm_counter_t *counter) {
  uint64_t classes[CM_NUM_CLASSES] = {0};
  char line[4096];
  for (const cm_block_t *each = counter->blocks; each != NULL; each = each->next_in_run) {
    for (uint32_t i = 0; i < each->num_instructions; ++i) {
      classes[each->instructions[i].kind] += each->executions;
    }
  }
  int length = snprintf(line, sizeof line,
                        "instructions=%" PRIu64 " cycles=%" PRIu64 " taken_branches=%" PRIu64 " flash_stalls=%" PRIu64,
                        counter->instructions, counter->cycles, counter->taken_branches, counter->flash_stalls);
  for (size_t i = 0; i < CM_NUM_CLASSES; ++i) {
    if (classes[i] > 0u) {
      length += snprintf(line + length, sizeof line - (size_t)length, " %s=%" PRIu64, class_names[i], classes[i]);
    }
  }
  line[length] = '\n';
  for (size_t done = 0; done <= (size_t)length;) {
    const ssize_t written = write(counter->output, line + done, (size_t)length + 1u - done);
    if (written <= 0) {
      return; /* the host finds the line missing */
    }
    done += (size_t)written;
  }
}

/* Whether the block before ended in a branch that was taken shows in where this one starts. */
static void leave_last(cm_counter_t *counter, const cm_block_t *block) {
  if (counter->last == NULL) {
    return;
  }
  const int is_taken = block->start != counter->last_block->end;
  counter->cycles += counter->last->cycles_after[is_taken];
  counter->state = counter->last->state_after[is_taken];
  counter->taken_branches += (uint64_t)is_taken;
}

void cm_run_block(cm_counter_t *counter, cm_block_t *block) {
  leave_last(counter, block);
  if (block->start == counter->stop_address && counter->is_running) {
    report(counter);
    counter->is_running = 0;
  }
  if (block->start == counter->run_address) {
    forget_run(counter);
    counter->is_running = 1;
    counter->state = 0u;
  }
  if (!counter->is_running) {
    counter->last = NULL;
    return;
  }
  const cm_passage_t *passage = counter->last;
  if (block != counter->last_block || passage == NULL || passage->state != counter->state) {
    passage = find_passage(counter, block, counter->state);
  }
  if (block->executions++ == 0u) {
    block->next_in_run = counter->blocks;
    counter->blocks = block;
  }
  counter->instructions += block->num_instructions;
  counter->cycles += passage->cycles;
  if (counter->flash.wait_states > 0u) {
    const uint32_t stalls =
        cm_flash_read(&counter->flash, &counter->flash.instructions, block->start, block->end - block->start);
    counter->cycles += stalls;
    counter->flash_stalls += stalls;
  }
  counter->last = passage;
  counter->last_block = block;
}
