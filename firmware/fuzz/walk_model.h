/* SPDX-License-Identifier: Apache-2.0 */
/* Finds what can be changed in a .tflite file: its tables, as far as they can be reached from the root, and the places of
 * their fields. */
#ifndef EK_FUZZ_WALK_MODEL_H
#define EK_FUZZ_WALK_MODEL_H

#include "ek_flatbuffer.h"
#include "fuzz.h"
#include "tflite_schema.h"

#define MAX_SITES 8192u
#define MAX_TABLES 2048u
#define MAX_CHILDREN 256u

typedef enum { SITE_BYTE, SITE_WORD, SITE_LONG, SITE_ELEMENT, SITE_OFFSET, SITE_LENGTH, SITE_VTABLE, SITE_VTABLE_SLOT } site_kind_t;

typedef struct {
  uint32_t position;
  uint8_t kind; /* site_kind_t */
  uint8_t of;   /* table_kind_t that an offset leads to, NUM_TABLES for a vector */
} site_t;

typedef struct {
  ek_buffer_t file;
  uint32_t num_sites;
  uint32_t num_tables;
  site_t sites[MAX_SITES];
  struct {
    uint32_t position;
    table_kind_t kind;
  } tables[MAX_TABLES];
} walk_t;

/* Leaves no sites if `data` is no .tflite file. `data` must outlive the walk. */
void walk_model(walk_t *walk, const uint8_t *data, uint32_t size);

/* Changes what stands at one place; sizes stay as they are. */
void mutate_value(const walk_t *walk, uint8_t *data, size_t size, uint32_t *random);

/* Numbers that tend to be wrong, or right in another way. */
uint32_t interesting(uint32_t *random, uint32_t old, uint32_t size);

/* Changes the number or order of things, or which fields there are; new parts are appended. Returns the new size. */
size_t mutate_structure(const walk_t *walk, uint8_t *data, size_t size, size_t max_size, uint32_t *random);

/* Puts a table of another file, with all that it refers to, in the place of one of its kind. Returns the new size. */
size_t graft(const walk_t *walk, const walk_t *donor, uint8_t *data, size_t size, size_t max_size, uint32_t *random);

#endif
