/* SPDX-License-Identifier: Apache-2.0 */
/* Thumb instructions of 16 bits. Source: Armv7-M Architecture Reference Manual (DDI 0403E), section A5.2. */
#include "cm_instruction.h"

#define FIELD(value, shift, bits) ((uint32_t)((value) >> (shift)) & ((1u << (bits)) - 1u))

static uint8_t ones(uint32_t list) { return (uint8_t)__builtin_popcount(list); }

static void arithmetic(cm_instruction_t *it, uint32_t reads, uint32_t writes) {
  it->reads = reads;
  it->writes = writes;
}

/* 010000: Rdn = Rdn op Rm. */
static void data_processing(cm_instruction_t *it, uint16_t first) {
  const uint32_t operation = FIELD(first, 6, 4);
  const uint32_t rdn = CM_CORE_REGISTER(FIELD(first, 0, 3));
  const uint32_t rm = CM_CORE_REGISTER(FIELD(first, 3, 3));
  const int is_test = operation == 8u || operation == 10u || operation == 11u;
  const int is_shift = operation == 2u || operation == 3u || operation == 4u || operation == 7u;
  it->kind = operation == 13u ? CM_multiply : is_shift ? CM_shift : CM_alu;
  arithmetic(it, operation == 9u || operation == 15u ? rm : rdn | rm, is_test ? 0u : rdn);
}

/* 010001: high registers and branches to registers. */
static void high_registers(cm_instruction_t *it, uint16_t first) {
  const uint32_t operation = FIELD(first, 8, 2);
  const uint32_t rd = FIELD(first, 0, 3) | FIELD(first, 7, 1) << 3;
  const uint32_t rm = CM_CORE_REGISTER(FIELD(first, 3, 4));
  if (operation == 3u) {
    it->kind = FIELD(first, 7, 1) != 0u ? CM_branch_register_link : CM_branch_register;
    it->reads = rm;
    it->writes = it->kind == CM_branch_register_link ? CM_CORE_REGISTER(14u) : 0u;
    return;
  }
  it->kind = operation != 1u && rd == 15u ? CM_branch_register : CM_alu;
  arithmetic(it, operation == 2u ? rm : rm | CM_CORE_REGISTER(rd), operation == 1u ? 0u : CM_CORE_REGISTER(rd));
}

static void access(cm_instruction_t *it, int is_load, uint32_t address, uint32_t rt) {
  it->kind = is_load ? CM_load : CM_store;
  it->addresses = address;
  it->reads = is_load ? 0u : CM_CORE_REGISTER(rt);
  it->writes = is_load ? CM_CORE_REGISTER(rt) : 0u;
}

static void indexed_access(cm_instruction_t *it, uint16_t first) {
  const int is_load = FIELD(first, 9, 3) >= 3u;
  const uint32_t address = CM_CORE_REGISTER(FIELD(first, 3, 3)) | CM_CORE_REGISTER(FIELD(first, 6, 3));
  access(it, is_load, address, FIELD(first, 0, 3));
  it->kind = is_load ? CM_load : CM_store_indexed;
}

static void push_or_pop(cm_instruction_t *it, uint16_t first) {
  const int is_pop = FIELD(first, 11, 1) != 0u;
  const uint32_t extra = FIELD(first, 8, 1) != 0u ? CM_CORE_REGISTER(is_pop ? 15u : 14u) : 0u;
  const uint32_t list = FIELD(first, 0, 8) | extra;
  it->kind = !is_pop ? CM_store_multiple : extra != 0u ? CM_load_multiple_pc : CM_load_multiple;
  it->count = ones(list);
  it->addresses = CM_STACK_POINTER;
  it->updates = CM_STACK_POINTER;
  it->reads = is_pop ? 0u : list;
  it->writes = is_pop ? list : 0u;
}

static void multiple(cm_instruction_t *it, uint16_t first) {
  const int is_load = FIELD(first, 11, 1) != 0u;
  const uint32_t list = FIELD(first, 0, 8);
  const uint32_t rn = CM_CORE_REGISTER(FIELD(first, 8, 3));
  it->kind = is_load ? CM_load_multiple : CM_store_multiple;
  it->count = ones(list);
  it->addresses = rn;
  it->updates = is_load && (list & rn) != 0u ? 0u : rn;
  it->reads = is_load ? 0u : list;
  it->writes = is_load ? list : 0u;
}

/* 1011 */
static void miscellaneous(cm_instruction_t *it, uint16_t first) {
  if ((first & 0x0500u) == 0x0100u) {
    it->kind = CM_branch_compare;
    it->reads = CM_CORE_REGISTER(FIELD(first, 0, 3));
  } else if ((first & 0x0600u) == 0x0400u) {
    push_or_pop(it, first);
  } else if ((first & 0x0F00u) == 0x0F00u) {
    it->kind = FIELD(first, 0, 4) != 0u ? CM_it : CM_hint;
  } else if ((first & 0x0F00u) == 0x0000u) {
    arithmetic(it, CM_STACK_POINTER, CM_STACK_POINTER);
  } else if ((first & 0x0F00u) == 0x0600u) {
    it->kind = CM_system;
  } else if ((first & 0x0F00u) == 0x0200u || (first & 0x0F00u) == 0x0A00u) {
    it->kind = CM_media;
    arithmetic(it, CM_CORE_REGISTER(FIELD(first, 3, 3)), CM_CORE_REGISTER(FIELD(first, 0, 3)));
  }
}

/* 00: shifts, additions and moves with immediates. */
static void immediate(cm_instruction_t *it, uint16_t first) {
  const uint32_t low = CM_CORE_REGISTER(FIELD(first, 0, 3));
  const uint32_t middle = CM_CORE_REGISTER(FIELD(first, 3, 3));
  const uint32_t high = CM_CORE_REGISTER(FIELD(first, 8, 3));
  switch (FIELD(first, 11, 3)) {
  case 0: /* LSL #0 is MOVS */
    it->kind = FIELD(first, 6, 5) == 0u ? CM_alu : CM_shift;
    arithmetic(it, middle, low);
    break;
  case 1:
  case 2:
    it->kind = CM_shift;
    arithmetic(it, middle, low);
    break;
  case 3:
    arithmetic(it, FIELD(first, 10, 1) != 0u ? middle : middle | CM_CORE_REGISTER(FIELD(first, 6, 3)), low);
    break;
  case 4:
    arithmetic(it, 0u, high);
    break;
  case 5:
    arithmetic(it, high, 0u);
    break;
  default:
    arithmetic(it, high, high);
    break;
  }
}

static cm_instruction_t decode_narrow(uint16_t first) {
  cm_instruction_t it = {.kind = CM_alu, .size = 2u, .count = 1u};
  const uint32_t rt = FIELD(first, 8, 3);
  const int is_load = FIELD(first, 11, 1) != 0u;
  switch (first >> 12) {
  case 4:
    if (FIELD(first, 10, 2) == 0u) {
      data_processing(&it, first);
    } else if (FIELD(first, 10, 2) == 1u) {
      high_registers(&it, first);
    } else {
      access(&it, 1, 0u, rt);
    }
    break;
  case 5:
    indexed_access(&it, first);
    break;
  case 6:
  case 7:
  case 8:
    access(&it, is_load, CM_CORE_REGISTER(FIELD(first, 3, 3)), FIELD(first, 0, 3));
    break;
  case 9:
    access(&it, is_load, CM_STACK_POINTER, rt);
    break;
  case 10:
    arithmetic(&it, is_load ? CM_STACK_POINTER : 0u, CM_CORE_REGISTER(rt));
    break;
  case 11:
    miscellaneous(&it, first);
    break;
  case 12:
    multiple(&it, first);
    break;
  case 13:
  case 14:
    it.kind = CM_branch;
    break;
  default:
    immediate(&it, first);
    break;
  }
  return it;
}

cm_instruction_t cm_decode(uint16_t first, uint16_t second) {
  if (first < 0xE800u) {
    return decode_narrow(first);
  }
  return (first & 0xEC00u) == 0xEC00u ? cm_decode_coprocessor(first, second) : cm_decode_wide(first, second);
}
