/* SPDX-License-Identifier: Apache-2.0 */
/* An in-order pipeline that a table describes: when each instruction issues, given those before it.
 *
 * An instruction issues in the first cycle in which its operands are ready, its unit is free and an issue slot is left.
 * It keeps others from issuing for `cycles` + `per_register` × the words it transfers, its unit for `busy` cycles, and
 * its results are ready after `latency`. Branches that are taken add `taken`. */
#ifndef CM_PIPELINE_H
#define CM_PIPELINE_H

#include <stdint.h>

#include "cm_instruction.h"

#define CM_NUM_REGISTERS 32u
#define CM_NUM_UNITS 8u

typedef enum { CM_SLOT_ANY, CM_SLOT_FIRST, CM_SLOT_ALONE } cm_slot_t;

typedef struct {
  uint8_t cycles;
  uint8_t per_register;
  uint8_t after_load; /* cycles right after a load that gives no operand of the address; 0: as ever */
  uint8_t latency;    /* 0: as many cycles as it issues for */
  uint8_t unit;       /* 0: none that others wait for */
  uint8_t busy;       /* 0: as many cycles as it issues for */
  uint8_t taken;
  uint8_t slot; /* of cm_slot_t */
} cm_weight_t;

typedef struct {
  cm_weight_t weights[CM_NUM_CLASSES];
  uint8_t issue_width;       /* instructions a cycle */
  uint8_t address_stall;     /* extra cycles until a computed value can be an address */
  uint8_t accumulator_early; /* cycles that an addend is needed later than a factor */
} cm_core_t;

/* Where a pipeline stands, relative to the cycle that issues next: equal states behave alike. */
typedef struct {
  uint8_t ready[CM_NUM_REGISTERS];   /* cycles until a register can be an operand */
  uint8_t address_ready[16];         /* … part of an address */
  uint8_t units[CM_NUM_UNITS];       /* cycles until a unit is free */
  uint8_t slots_used;                /* of the next cycle */
  uint8_t is_after_load;
  uint16_t padding;
  cm_registers_t loaded; /* what that load gives */
} cm_state_t;

_Static_assert(sizeof(cm_state_t) == 64u, "states are compared byte by byte");

/* Issues an instruction, moves `state` on and returns by how many cycles. */
uint32_t cm_issue(const cm_core_t *core, const cm_instruction_t *instruction, cm_state_t *state);

/* Lets cycles pass in which nothing issues: a pipeline refill. A cycle that was begun ends. Returns the cycles. */
uint32_t cm_refill(cm_state_t *state, uint32_t cycles);

#endif
