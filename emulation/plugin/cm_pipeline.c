/* SPDX-License-Identifier: Apache-2.0 */
#include "cm_pipeline.h"

#define PROGRAM_COUNTER 15u

static uint8_t less(uint8_t value, uint32_t amount) { return (uint8_t)(value > amount ? value - amount : 0u); }

/* `amount` cycles later. */
static void pass(cm_state_t *state, uint32_t amount) {
  if (amount == 0u) {
    return;
  }
  for (uint32_t i = 0; i < CM_NUM_REGISTERS; ++i) {
    state->ready[i] = less(state->ready[i], amount);
  }
  for (uint32_t i = 0; i < 16u; ++i) {
    state->address_ready[i] = less(state->address_ready[i], amount);
  }
  for (uint32_t i = 0; i < CM_NUM_UNITS; ++i) {
    state->units[i] = less(state->units[i], amount);
  }
  state->slots_used = 0u;
}

static uint32_t most(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* Cycles until all operands are ready and the unit is free. */
static uint32_t wait_for(const cm_core_t *core, const cm_instruction_t *it, const cm_weight_t *weight,
                         const cm_state_t *state) {
  uint32_t wait = weight->unit != 0u ? state->units[weight->unit % CM_NUM_UNITS] : 0u;
  for (uint32_t i = 0; i < CM_NUM_REGISTERS; ++i) {
    const cm_registers_t bit = (cm_registers_t)1 << i;
    if ((it->reads & bit) != 0u) {
      wait = most(wait, state->ready[i]);
    }
    if ((it->accumulates & bit) != 0u) {
      wait = most(wait, less(state->ready[i], core->accumulator_early));
    }
    if ((it->addresses & bit) != 0u) {
      wait = most(wait, most(state->ready[i], i < 16u ? state->address_ready[i] : 0u));
    }
  }
  return wait;
}

static void set_ready(cm_state_t *state, cm_registers_t registers, uint32_t latency, uint32_t address_latency) {
  for (uint32_t i = 0; i < CM_NUM_REGISTERS; ++i) {
    if ((registers >> i & 1u) != 0u && i != PROGRAM_COUNTER) {
      state->ready[i] = (uint8_t)latency;
      if (i < 16u) {
        state->address_ready[i] = (uint8_t)address_latency;
      }
    }
  }
}

uint32_t cm_issue(const cm_core_t *core, const cm_instruction_t *it, cm_state_t *state) {
  const cm_weight_t *weight = &core->weights[it->kind];
  uint32_t passed = wait_for(core, it, weight, state);
  pass(state, passed);
  if (state->slots_used > 0u && (state->slots_used >= core->issue_width || weight->slot != CM_SLOT_ANY)) {
    pass(state, 1u);
    ++passed;
  }
  uint32_t cycles = weight->cycles + (uint32_t)weight->per_register * it->count;
  if (weight->after_load != 0u && state->is_after_load != 0u && (state->loaded & it->addresses) == 0u) {
    cycles = weight->after_load;
  }
  const uint32_t latency = weight->latency != 0u ? weight->latency : cycles;
  const int is_load = it->kind == CM_load || it->kind == CM_fp_load;
  const uint32_t stall = it->addresses == 0u ? core->address_stall : 0u;
  set_ready(state, it->updates, 1u, 1u);
  set_ready(state, it->writes, latency, latency + stall);
  if (weight->unit != 0u) {
    state->units[weight->unit % CM_NUM_UNITS] = (uint8_t)(weight->busy != 0u ? weight->busy : cycles);
  }
  state->is_after_load = (uint8_t)is_load;
  state->loaded = is_load ? it->writes : 0u;
  if (cycles <= 1u && weight->slot != CM_SLOT_ALONE && core->issue_width > 1u) {
    state->slots_used = (uint8_t)(state->slots_used + cycles);
  } else {
    pass(state, cycles);
    passed += cycles;
  }
  return passed;
}

uint32_t cm_refill(cm_state_t *state, uint32_t cycles) {
  const uint32_t passed = cycles + (state->slots_used > 0u ? 1u : 0u);
  pass(state, passed);
  state->is_after_load = 0u;
  state->loaded = 0u;
  return passed;
}
