/* SPDX-License-Identifier: Apache-2.0 */
/* What the cycle model knows of an instruction: its class, what it transfers, which registers it needs and gives. */
#ifndef CM_INSTRUCTION_H
#define CM_INSTRUCTION_H

#include <stdint.h>

/* The classes, as cores/<core>.toml names them. */
#define CM_CLASSES(X)                                                                                                  \
  X(alu) X(shifted) X(shift) X(media) X(multiply) X(multiply_accumulate) X(multiply_dsp) X(multiply_long)              \
  X(multiply_long_accumulate) X(divide) X(load) X(load_double) X(load_multiple) X(store) X(store_indexed)              \
  X(store_double) X(store_multiple) X(branch) X(branch_compare) X(branch_link) X(branch_register)                      \
  X(branch_register_link) X(branch_table) X(load_pc) X(load_multiple_pc) X(loop_start) X(loop_end) X(it) X(hint) X(barrier) X(system)    \
  X(fp_alu) X(fp_multiply) X(fp_multiply_accumulate) X(fp_divide) X(fp_move) X(fp_load) X(fp_load_multiple)            \
  X(fp_store) X(fp_store_multiple) X(vector_alu) X(vector_multiply) X(vector_multiply_across) X(vector_add_across)     \
  X(vector_float) X(vector_move) X(vector_load) X(vector_store) X(vector_gather) X(vector_scatter)                     \
  X(vector_interleave_load) X(vector_interleave_store)

#define CM_CLASS_ENUM(name) CM_##name,
typedef enum { CM_CLASSES(CM_CLASS_ENUM) CM_NUM_CLASSES } cm_class_t;
#undef CM_CLASS_ENUM

/* Sets of registers: bits 0–15 are r0–r15, bits 16–31 are d0–d15 (q0 is d0 and d1, s0 and s1 are d0). */
typedef uint32_t cm_registers_t;

#define CM_CORE_REGISTER(number) ((cm_registers_t)1 << ((number) & 15u))
#define CM_D_REGISTER(number) ((cm_registers_t)0x10000u << ((number) & 15u))
#define CM_Q_REGISTER(number) ((cm_registers_t)0x30000u << (2u * ((number) & 7u)))
#define CM_STACK_POINTER CM_CORE_REGISTER(13u)

typedef struct {
  uint8_t kind;                   /* of cm_class_t */
  uint8_t count;                  /* words of a transfer with several */
  uint8_t size;                   /* 2 or 4 bytes */
  cm_registers_t reads;           /* operands */
  cm_registers_t addresses;       /* what an address is computed from */
  cm_registers_t accumulates;     /* addends of a multiplication, which are needed last */
  cm_registers_t writes;          /* results */
  cm_registers_t updates;         /* base registers that are written back */
} cm_instruction_t;

/* Decodes the Thumb instruction whose halfwords these are; `second` is ignored where there is none. An encoding that no
 * kernel has may be taken for a near relative: only its class and registers count here. */
cm_instruction_t cm_decode(uint16_t first, uint16_t second);
cm_instruction_t cm_decode_wide(uint16_t first, uint16_t second);
/* Of floating point and Helium: encodings 111x 11xx. */
cm_instruction_t cm_decode_coprocessor(uint16_t first, uint16_t second);
cm_instruction_t cm_decode_helium(uint16_t first, uint16_t second);

#endif
