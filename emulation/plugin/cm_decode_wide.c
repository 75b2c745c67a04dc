/* SPDX-License-Identifier: Apache-2.0 */
/* Thumb instructions of 32 bits, but for coprocessors. Source: DDI 0403E, section A5.3; loops: Armv8-M Architecture
 * Reference Manual (DDI 0553), section C2.4. */
#include "cm_instruction.h"

#define FIELD(value, shift, bits) ((uint32_t)((value) >> (shift)) & ((1u << (bits)) - 1u))
#define IS_SET(value, bit) (FIELD(value, bit, 1) != 0u)

/* The program counter as an operand stands for "none". */
static cm_registers_t operand(uint32_t number) { return number == 15u ? 0u : CM_CORE_REGISTER(number); }

/* 1110 100x x0: LDM, STM, PUSH, POP. */
static void multiple(cm_instruction_t *it, uint16_t first, uint16_t second) {
  const int is_load = IS_SET(first, 4);
  const cm_registers_t rn = operand(FIELD(first, 0, 4));
  it->kind = !is_load ? CM_store_multiple : IS_SET(second, 15) ? CM_load_multiple_pc : CM_load_multiple;
  it->count = (uint8_t)__builtin_popcount(second);
  it->addresses = rn;
  it->updates = IS_SET(first, 5) ? rn : 0u;
  it->reads = is_load ? 0u : second;
  it->writes = is_load ? second : 0u;
}

/* 1110 100x x1: two registers, exclusive accesses, branches by table. */
static void pair(cm_instruction_t *it, uint16_t first, uint16_t second) {
  const int is_load = IS_SET(first, 4);
  const cm_registers_t rn = operand(FIELD(first, 0, 4));
  const cm_registers_t rt = operand(FIELD(second, 12, 4));
  it->addresses = rn;
  if (!IS_SET(first, 8) && !IS_SET(first, 5)) {
    if ((first & 0xFFF0u) == 0xE8D0u && FIELD(second, 5, 3) == 0u) {
      it->kind = CM_branch_table;
      it->addresses = rn | operand(FIELD(second, 0, 4));
      return;
    }
    it->kind = is_load ? CM_load : CM_store;
    it->writes = is_load ? rt : operand(FIELD(second, 0, 4));
    it->reads = is_load ? 0u : rt;
    return;
  }
  const cm_registers_t both = rt | operand(FIELD(second, 8, 4));
  it->kind = is_load ? CM_load_double : CM_store_double;
  it->count = 2u;
  it->updates = IS_SET(first, 5) ? rn : 0u;
  it->reads = is_load ? 0u : both;
  it->writes = is_load ? both : 0u;
}

static int is_test(uint32_t operation, uint16_t first, uint16_t second) {
  return IS_SET(first, 4) && FIELD(second, 8, 4) == 15u &&
         (operation == 0u || operation == 4u || operation == 8u || operation == 13u);
}

/* 1110 101: the second operand is a register that may be shifted. */
static void shifted_register(cm_instruction_t *it, uint16_t first, uint16_t second) {
  const uint32_t operation = FIELD(first, 5, 4);
  const uint32_t rn = FIELD(first, 0, 4);
  const int is_shifted = (second & 0x70F0u) != 0u;
  const int is_select = operation == 2u && IS_SET(first, 4) && IS_SET(second, 15); /* CSEL and its kin */
  it->reads = operand(rn) | operand(FIELD(second, 0, 4));
  it->writes = is_test(operation, first, second) ? 0u : CM_CORE_REGISTER(FIELD(second, 8, 4));
  if (operation == 6u) {
    it->kind = CM_media;
  } else if (is_shifted && !is_select) {
    it->kind = operation == 2u && rn == 15u ? CM_shift : CM_shifted;
  }
}

/* 1111 0…, second halfword 0…: immediates. */
static void immediate(cm_instruction_t *it, uint16_t first, uint16_t second) {
  const uint32_t rd = FIELD(second, 8, 4);
  it->reads = operand(FIELD(first, 0, 4));
  it->writes = CM_CORE_REGISTER(rd);
  if (!IS_SET(first, 9)) {
    it->writes = is_test(FIELD(first, 5, 4), first, second) ? 0u : it->writes;
    return;
  }
  const uint32_t operation = FIELD(first, 4, 5);
  if (operation == 4u || operation == 12u) { /* MOVW has no operand, MOVT its own destination */
    it->reads = operation == 12u ? it->writes : 0u;
  } else if (operation >= 16u) { /* SSAT, SBFX, BFI, USAT, UBFX */
    it->kind = CM_media;
    it->reads |= operation == 22u ? it->writes : 0u;
  }
}

/* 1111 0…, second halfword 1…: branches, loops and the rest. */
static void branch_or_control(cm_instruction_t *it, uint16_t first, uint16_t second) {
  if ((second & 0xD000u) == 0xD000u) {
    it->kind = CM_branch_link;
    it->writes = CM_CORE_REGISTER(14u);
  } else if (second == 0xE801u && (first & 0xFFC0u) == 0xF000u) { /* VCTP */
    it->kind = CM_vector_move;
    it->reads = operand(FIELD(first, 0, 4));
  } else if ((second & 0xD000u) == 0xC000u) { /* WLS, DLS, LE: Armv8.1-M */
    const int is_end = FIELD(first, 0, 4) == 15u && (second & 0x2000u) == 0u;
    it->kind = is_end ? CM_loop_end : CM_loop_start;
    it->reads = operand(FIELD(first, 0, 4));
    it->writes = CM_CORE_REGISTER(14u);
  } else if ((second & 0xD000u) == 0x9000u || (first & 0x0380u) != 0x0380u) {
    it->kind = CM_branch;
  } else if ((first & 0xFFF0u) == 0xF3A0u) {
    it->kind = CM_hint;
  } else if ((first & 0xFFF0u) == 0xF3B0u) {
    it->kind = CM_barrier;
  } else {
    it->kind = CM_system;
    it->writes = (first & 0xFFE0u) == 0xF3E0u ? CM_CORE_REGISTER(FIELD(second, 8, 4)) : 0u;
  }
}

/* 1111 100: one load or store. */
static void single(cm_instruction_t *it, uint16_t first, uint16_t second) {
  const int is_load = IS_SET(first, 4);
  const uint32_t rt = FIELD(second, 12, 4);
  const cm_registers_t rn = operand(FIELD(first, 0, 4));
  const int has_long_offset = IS_SET(first, 7) || rn == 0u;
  const int is_indexed = !has_long_offset && !IS_SET(second, 11);
  it->kind = is_load ? CM_load : is_indexed ? CM_store_indexed : CM_store;
  it->addresses = rn | (is_indexed ? operand(FIELD(second, 0, 4)) : 0u);
  it->updates = !has_long_offset && !is_indexed && IS_SET(second, 8) ? rn : 0u;
  it->reads = is_load ? 0u : operand(rt);
  it->writes = is_load ? operand(rt) : 0u;
  if (is_load && rt == 15u) { /* of bytes and halfwords it is a preload */
    it->kind = FIELD(first, 5, 2) == 2u ? CM_load_pc : CM_hint;
  }
}

/* 1111 1010: shifts by registers, extensions, parallel additions. */
static void registers(cm_instruction_t *it, uint16_t first, uint16_t second) {
  it->kind = FIELD(first, 7, 1) == 0u && FIELD(second, 7, 1) == 0u ? CM_shift : CM_media;
  it->reads = operand(FIELD(first, 0, 4)) | operand(FIELD(second, 0, 4));
  it->writes = CM_CORE_REGISTER(FIELD(second, 8, 4));
}

/* 1111 1011 */
static void multiplication(cm_instruction_t *it, uint16_t first, uint16_t second) {
  const uint32_t operation = FIELD(first, 4, 3);
  const uint32_t ra = FIELD(second, 12, 4);
  it->reads = operand(FIELD(first, 0, 4)) | operand(FIELD(second, 0, 4));
  it->writes = CM_CORE_REGISTER(FIELD(second, 8, 4));
  if (!IS_SET(first, 7)) {
    it->accumulates = operand(ra);
    it->kind = operation != 0u ? CM_multiply_dsp : ra == 15u ? CM_multiply : CM_multiply_accumulate;
  } else if (operation == 1u || operation == 3u) {
    it->kind = CM_divide;
  } else {
    it->writes |= CM_CORE_REGISTER(ra);
    it->kind = operation >= 4u ? CM_multiply_long_accumulate : CM_multiply_long;
    it->accumulates = operation >= 4u ? it->writes : 0u;
  }
}

cm_instruction_t cm_decode_wide(uint16_t first, uint16_t second) {
  cm_instruction_t it = {.kind = CM_alu, .size = 4u, .count = 1u};
  if ((first & 0xFE40u) == 0xE800u) {
    multiple(&it, first, second);
  } else if ((first & 0xFE40u) == 0xE840u) {
    pair(&it, first, second);
  } else if ((first & 0xFE00u) == 0xEA00u) {
    shifted_register(&it, first, second);
  } else if ((first & 0xF800u) == 0xF000u) {
    if (IS_SET(second, 15)) {
      branch_or_control(&it, first, second);
    } else {
      immediate(&it, first, second);
    }
  } else if ((first & 0xFE00u) == 0xF800u) {
    single(&it, first, second);
  } else if ((first & 0xFF00u) == 0xFA00u) {
    registers(&it, first, second);
  } else if ((first & 0xFF00u) == 0xFB00u) {
    multiplication(&it, first, second);
  }
  return it;
}
