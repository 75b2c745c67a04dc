/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the TFLite schema, as far as the mutator walks over them. */
#ifndef EK_FUZZ_TFLITE_SCHEMA_H
#define EK_FUZZ_TFLITE_SCHEMA_H

#include <stdint.h>

typedef enum { TABLE_MODEL, TABLE_CODE, TABLE_GRAPH, TABLE_TENSOR, TABLE_QUANTIZATION, TABLE_OPERATOR, TABLE_OPTIONS,
               TABLE_BUFFER, NUM_TABLES } table_kind_t;

typedef enum {
  END,
  BYTE,     /* types, activations, flags */
  WORD,     /* numbers of 32 bits */
  CHILD,    /* a table of kind `of` */
  CHILDREN, /* a vector of such tables */
  BYTES,    /* vectors of 1, 4 and 8 bytes an element */
  WORDS,
  LONGS
} field_kind_t;

typedef struct {
  uint8_t id;
  uint8_t kind; /* field_kind_t */
  uint8_t of;   /* table_kind_t */
} field_t;

#define MAX_FIELDS 12

enum { CODE_DEPRECATED = 0, CODE_BUILTIN = 3, TENSOR_TYPE = 1, OPERATOR_CODE = 0 };

static const field_t SCHEMA[NUM_TABLES][MAX_FIELDS] = {
    [TABLE_MODEL] = {{0, WORD, 0}, {1, CHILDREN, TABLE_CODE}, {2, CHILDREN, TABLE_GRAPH}, {4, CHILDREN, TABLE_BUFFER}},
    [TABLE_CODE] = {{0, BYTE, 0}, {2, WORD, 0}, {3, WORD, 0}},
    [TABLE_GRAPH] = {{0, CHILDREN, TABLE_TENSOR}, {1, WORDS, 0}, {2, WORDS, 0}, {3, CHILDREN, TABLE_OPERATOR}},
    [TABLE_TENSOR] = {{0, WORDS, 0}, {1, BYTE, 0}, {2, WORD, 0}, {4, CHILD, TABLE_QUANTIZATION}, {5, BYTE, 0}},
    [TABLE_QUANTIZATION] = {{2, WORDS, 0}, {3, LONGS, 0}, {4, BYTE, 0}, {6, WORD, 0}},
    [TABLE_OPERATOR] = {{0, WORD, 0}, {1, WORDS, 0}, {2, WORDS, 0}, {3, BYTE, 0}, {4, CHILD, TABLE_OPTIONS}},
    /* Of whatever operator: bytes and words are told apart by the room between fields, see mutate_model.c. */
    [TABLE_OPTIONS] = {{0, BYTE, 0}, {1, WORD, 0}, {2, WORD, 0}, {3, WORD, 0}, {4, WORD, 0}, {5, WORD, 0}, {6, WORD, 0},
                       {7, WORD, 0}, {8, WORD, 0}},
    [TABLE_BUFFER] = {{0, BYTES, 0}},
};

#endif
