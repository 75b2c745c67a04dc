/* SPDX-License-Identifier: Apache-2.0 */
/* Floating point and Helium. Source: DDI 0403E, sections A6.4–A6.7; DDI 0553, sections C2.4.
 * The low bit of a single register is kept apart from the other four, so d registers fall out of the same field. */
#include "cm_instruction.h"

#define FIELD(value, shift, bits) ((uint32_t)((value) >> (shift)) & ((1u << (bits)) - 1u))
#define IS_SET(value, bit) (FIELD(value, bit, 1) != 0u)

static void fp_transfer(cm_instruction_t *it, uint16_t first, uint16_t second) {
  const int is_load = IS_SET(first, 4);
  const int is_double = IS_SET(second, 8);
  const uint32_t vd = FIELD(second, 12, 4);
  const cm_registers_t rn = CM_CORE_REGISTER(FIELD(first, 0, 4));
  if ((first & 0x01A0u) == 0u) { /* VMOV of two core registers */
    const cm_registers_t core = CM_CORE_REGISTER(FIELD(second, 12, 4)) | rn;
    it->kind = CM_fp_move;
    it->reads = is_load ? CM_D_REGISTER(FIELD(second, 0, 4)) : core;
    it->writes = is_load ? core : CM_D_REGISTER(FIELD(second, 0, 4));
    return;
  }
  it->addresses = rn;
  it->updates = IS_SET(first, 5) ? rn : 0u;
  cm_registers_t list = CM_D_REGISTER(vd);
  if (IS_SET(first, 8) && !IS_SET(first, 5)) {
    it->kind = is_load ? CM_fp_load : CM_fp_store;
    it->count = is_double ? 2u : 1u;
  } else {
    it->kind = is_load ? CM_fp_load_multiple : CM_fp_store_multiple;
    it->count = (uint8_t)FIELD(second, 0, 8);
    for (uint32_t i = 1; 2u * i < it->count && vd + i < 16u; ++i) {
      list |= CM_D_REGISTER(vd + i);
    }
  }
  it->reads = is_load ? 0u : list;
  it->writes = is_load ? list : 0u;
}

static void fp_processing(cm_instruction_t *it, uint16_t first, uint16_t second) {
  static const uint8_t kinds[8] = {CM_fp_multiply_accumulate, CM_fp_multiply_accumulate, CM_fp_multiply, CM_fp_alu,
                                   CM_fp_divide,              CM_fp_multiply_accumulate, CM_fp_multiply_accumulate,
                                   CM_fp_alu};
  const cm_registers_t vd = CM_D_REGISTER(FIELD(second, 12, 4));
  const cm_registers_t vn = CM_D_REGISTER(FIELD(first, 0, 4));
  const cm_registers_t vm = CM_D_REGISTER(FIELD(second, 0, 4));
  if (IS_SET(second, 4) && (first & 0x0090u) == 0x0080u && FIELD(second, 8, 4) == 11u) { /* VDUP */
    it->kind = CM_vector_alu;
    it->reads = CM_CORE_REGISTER(FIELD(second, 12, 4));
    it->writes = CM_Q_REGISTER(FIELD(first, 1, 3));
    return;
  }
  if (IS_SET(second, 4)) { /* between core and floating-point registers */
    const cm_registers_t rt = CM_CORE_REGISTER(FIELD(second, 12, 4));
    const int is_system = FIELD(first, 5, 3) == 7u;
    it->kind = CM_fp_move;
    it->reads = IS_SET(first, 4) ? (is_system ? 0u : vn) : rt;
    it->writes = IS_SET(first, 4) ? rt : is_system ? 0u : vn;
    return;
  }
  const uint32_t operation = FIELD(first, 7, 1) << 2 | FIELD(first, 4, 2);
  const int is_unary = operation == 7u && !IS_SET(first, 12);
  it->kind = IS_SET(first, 12) ? (uint8_t)CM_fp_alu : kinds[operation];
  if (is_unary && FIELD(first, 0, 4) == 1u && FIELD(second, 6, 2) == 3u) {
    it->kind = CM_fp_divide; /* VSQRT takes as long */
  }
  it->reads = is_unary ? vm : vn | vm;
  it->writes = vd;
  it->accumulates = it->kind == CM_fp_multiply_accumulate ? vd : 0u;
}

static void helium_transfer(cm_instruction_t *it, uint16_t first, uint16_t second) {
  const int is_load = IS_SET(first, 4);
  const int has_offsets_in_base = IS_SET(first, 12) && IS_SET(second, 12);
  const int is_pre_or_post = IS_SET(first, 8) || IS_SET(first, 5);
  const cm_registers_t rn = CM_CORE_REGISTER(FIELD(first, 0, 4));
  const cm_registers_t qd = CM_Q_REGISTER(FIELD(second, 13, 3));
  it->reads = is_load ? 0u : qd;
  it->writes = is_load ? qd : 0u;
  it->addresses = rn;
  it->updates = IS_SET(first, 5) ? rn : 0u;
  if (has_offsets_in_base && IS_SET(first, 8)) { /* a vector of addresses */
    const cm_registers_t qn = CM_Q_REGISTER(FIELD(first, 1, 3));
    it->kind = is_load ? CM_vector_gather : CM_vector_scatter;
    it->addresses = qn;
    it->updates = IS_SET(first, 5) ? qn : 0u;
  } else if (has_offsets_in_base) {
    it->kind = is_load ? CM_vector_interleave_load : CM_vector_interleave_store;
  } else if (!is_pre_or_post && IS_SET(first, 7)) { /* a base and a vector of offsets */
    it->kind = is_load ? CM_vector_gather : CM_vector_scatter;
    it->addresses = rn | CM_Q_REGISTER(FIELD(second, 1, 3));
  } else if (!is_pre_or_post) { /* VMOV of two lanes and two core registers */
    const cm_registers_t core = CM_CORE_REGISTER(FIELD(first, 0, 4)) | CM_CORE_REGISTER(FIELD(second, 0, 4));
    it->kind = CM_vector_move;
    it->addresses = it->updates = 0u;
    it->reads = is_load ? qd : core;
    it->writes = is_load ? core : qd;
  } else {
    it->kind = is_load ? CM_vector_load : CM_vector_store;
    if (FIELD(second, 7, 2) == 3u && IS_SET(second, 12) == 0) { /* a system register */
      it->reads = it->writes = 0u;
    }
  }
}

/* Sums across a vector end in one core register or two: of products (VMLADAV and its kin), else VADDV, VMAXV, VABAV. */
static void across(cm_instruction_t *it, uint16_t first, uint16_t second) {
  const uint32_t high = FIELD(first, 4, 3);
  const int is_even = !IS_SET(first, 0) && !IS_SET(second, 0);
  const int is_product = high != 6u && (FIELD(second, 8, 4) == 14u || is_even);
  const int is_difference = !is_product && IS_SET(second, 0); /* VABAV always adds */
  cm_registers_t result = CM_CORE_REGISTER(FIELD(second, 12, 4) & 14u);
  if (high != 7u && is_product) {
    result |= CM_CORE_REGISTER(2u * high + 1u);
  }
  it->kind = is_product ? CM_vector_multiply_across : CM_vector_add_across;
  it->reads = CM_Q_REGISTER(FIELD(second, 1, 3));
  it->reads |= is_product || is_difference ? CM_Q_REGISTER(FIELD(first, 1, 3)) : 0u;
  it->accumulates = IS_SET(second, 5) || is_difference ? result : 0u;
  it->writes = result;
}

/* VIDUP, VDDUP and those that wrap: a vector out of a core register that counts on. */
static void counting(cm_instruction_t *it, uint16_t first, uint16_t second) {
  const cm_registers_t rn = CM_CORE_REGISTER(FIELD(first, 0, 4) & 14u);
  const uint32_t limit = FIELD(second, 0, 4) | 1u;
  it->reads = rn | (limit == 15u ? 0u : CM_CORE_REGISTER(limit));
  it->updates = rn;
  it->writes = CM_Q_REGISTER(FIELD(second, 13, 3));
}

/* VCMP and VPT write predicates, VPSEL reads them; VPST and VPNOT touch nothing else. */
static void predicate(cm_instruction_t *it, uint16_t first, uint16_t second) {
  const int with_core = IS_SET(second, 6);
  const int is_select = FIELD(first, 4, 2) == 3u && IS_SET(second, 0) && !with_core;
  if ((second & 0x00FFu) == 0x4Du) {
    it->kind = CM_vector_move;
    return;
  }
  it->reads = CM_Q_REGISTER(FIELD(first, 1, 3));
  it->reads |= with_core ? CM_CORE_REGISTER(FIELD(second, 0, 4)) : CM_Q_REGISTER(FIELD(second, 1, 3));
  it->writes = is_select ? CM_Q_REGISTER(FIELD(second, 13, 3)) : 0u;
}

/* 111x 1110: products, operations with a core register, narrowing. */
static void helium_mixed(cm_instruction_t *it, uint16_t first, uint16_t second) {
  const int is_product = FIELD(second, 8, 4) == 14u;
  const int is_odd = IS_SET(first, 0);
  const int is_size_3 = FIELD(first, 4, 2) == 3u; /* of narrowing, of floats and of products that widen */
  const int with_core = IS_SET(second, 6);
  const cm_registers_t qd = CM_Q_REGISTER(FIELD(second, 13, 3));
  const cm_registers_t qn = CM_Q_REGISTER(FIELD(first, 1, 3));
  it->reads = with_core ? qn | CM_CORE_REGISTER(FIELD(second, 0, 4)) : qn | CM_Q_REGISTER(FIELD(second, 1, 3));
  it->writes = qd;
  if (with_core && is_size_3 && is_product && IS_SET(second, 5)) { /* shifts by a core register */
    it->reads = qd | CM_CORE_REGISTER(FIELD(second, 0, 4));
  } else if (with_core && is_size_3) {
    it->kind = CM_vector_float;
    it->accumulates = is_product ? qd : 0u;
  } else if (with_core && is_product) {
    it->kind = CM_vector_multiply;
    it->accumulates = !IS_SET(second, 5) || !is_odd ? qd : 0u; /* VMLA, VQDMLAH */
  } else if (is_size_3 && is_product && is_odd) { /* VMOVN, VQMOVN, VSHLL by the size */
    it->reads = qd | CM_Q_REGISTER(FIELD(second, 1, 3));
  } else if (is_size_3 && is_product) { /* VCMUL */
    it->kind = CM_vector_float;
  } else if (is_product || (is_size_3 && IS_SET(second, 0))) { /* the latter: VQDMULL */
    it->kind = CM_vector_multiply;
  }
}

static void helium_special(cm_instruction_t *it, uint16_t first, uint16_t second) {
  const int is_sum = FIELD(second, 8, 4) == 15u;
  if (IS_SET(first, 7) && !IS_SET(second, 6)) {
    across(it, first, second);
  } else if (IS_SET(first, 7)) { /* shifts by immediates that widen or narrow */
    it->reads = CM_Q_REGISTER(FIELD(second, 1, 3)) | CM_Q_REGISTER(FIELD(second, 13, 3));
    it->writes = CM_Q_REGISTER(FIELD(second, 13, 3));
  } else if (is_sum && IS_SET(first, 0) && IS_SET(first, 12)) {
    predicate(it, first, second);
  } else if (is_sum && IS_SET(first, 0) && FIELD(second, 4, 3) == 6u) {
    counting(it, first, second);
  } else {
    helium_mixed(it, first, second);
  }
}

cm_instruction_t cm_decode_helium(uint16_t first, uint16_t second) {
  cm_instruction_t it = {.kind = CM_vector_alu, .size = 4u, .count = 1u};
  if ((first & 0xEE00u) == 0xEC00u && FIELD(second, 9, 3) == 7u) {
    helium_transfer(&it, first, second);
  } else if ((first & 0xEF00u) == 0xEE00u) {
    helium_special(&it, first, second);
  } else { /* 111x 1111: three vectors, or one with an immediate or size; 1111 110x: complex floats */
    const uint32_t operation = FIELD(second, 8, 4);
    const int is_complex = (first & 0xEE00u) == 0xEC00u;
    const int is_unary = IS_SET(first, 7) && !is_complex;
    it.reads = CM_Q_REGISTER(FIELD(second, 1, 3)) | (is_unary ? 0u : CM_Q_REGISTER(FIELD(first, 1, 3)));
    it.writes = CM_Q_REGISTER(FIELD(second, 13, 3));
    if (!is_unary && ((operation == 9u && IS_SET(second, 4)) || operation == 11u)) {
      it.kind = CM_vector_multiply;
    } else if (is_complex || (!is_unary && operation >= 12u)) {
      it.kind = CM_vector_float;
    }
  }
  return it;
}

cm_instruction_t cm_decode_coprocessor(uint16_t first, uint16_t second) {
  const uint32_t number = FIELD(second, 8, 4);
  const int is_fp = number == 9u || number == 10u || number == 11u;
  const int is_vector = (first & 0x0F00u) == 0x0F00u || !is_fp;
  if (is_vector) {
    return cm_decode_helium(first, second);
  }
  cm_instruction_t it = {.kind = CM_fp_alu, .size = 4u, .count = 1u};
  if ((first & 0x0E00u) == 0x0C00u) {
    fp_transfer(&it, first, second);
  } else {
    fp_processing(&it, first, second);
  }
  return it;
}
