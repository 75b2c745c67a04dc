/* SPDX-License-Identifier: Apache-2.0 */
/* Changes that need room: it is at the end of the file, where the offsets of everything before can reach. */
#include "walk_model.h"

#define MAX_DEPTH 8u

typedef struct {
  uint8_t *data;
  uint32_t size;
  uint32_t max_size;
  uint32_t *random;
  bool is_full; /* what was begun does not fit: give up */
} edit_t;

static uint32_t append(edit_t *edit, const uint8_t *bytes, uint32_t num_bytes) {
  const uint32_t position = (edit->size + 7u) & ~7u;
  if (edit->is_full || num_bytes > edit->max_size || position > edit->max_size - num_bytes) {
    edit->is_full = true;
    return 0u;
  }
  memset(edit->data + edit->size, 0, position - edit->size);
  if (bytes != NULL) {
    memcpy(edit->data + position, bytes, num_bytes);
  } else {
    memset(edit->data + position, 0, num_bytes);
  }
  edit->size = position + num_bytes;
  return position;
}

static void point(edit_t *edit, uint32_t slot, uint32_t target) {
  if (!edit->is_full && target > slot) {
    const uint32_t offset = target - slot;
    memcpy(edit->data + slot, &offset, 4u);
  }
}

static uint32_t width_of(const field_t *field) { return field->kind == BYTES ? 1u : field->kind == LONGS ? 8u : 4u; }

/* A vector begins four bytes before its first element, which is aligned to its own size. */
static uint32_t append_vector(edit_t *edit, uint32_t length, uint32_t width) {
  const uint32_t position = append(edit, NULL, 8u + length * width);
  if (!edit->is_full) {
    memcpy(edit->data + position + 4u, &length, 4u);
  }
  return position + 4u;
}

static uint32_t copy_table(edit_t *edit, const ek_buffer_t *from, uint32_t table, table_kind_t kind, uint32_t depth,
                           bool is_complete);

/* `extra`: one more element, number `at` twice. */
static uint32_t copy_vector(edit_t *edit, const ek_buffer_t *from, ek_vector_t vector, const field_t *field,
                            uint32_t depth, uint32_t extra, uint32_t at) {
  const uint32_t width = width_of(field);
  if (vector.length > edit->max_size) {
    edit->is_full = true;
    return 0u;
  }
  const uint32_t length = vector.length + extra;
  const uint32_t start = append_vector(edit, length, width);
  for (uint32_t i = 0; i < length && !edit->is_full; ++i) {
    const uint32_t old = extra > 0u && i > at ? i - 1u : i;
    const uint32_t slot = start + 4u + i * width;
    uint32_t child;
    if (field->kind != CHILDREN) {
      memcpy(edit->data + slot, from->bytes + vector.position + old * width, width);
    } else if (ek_fb_element(from, vector, old, &child) == EK_OK) {
      point(edit, slot, copy_table(edit, from, child, (table_kind_t)field->of, depth + 1u, false));
    }
  }
  return start;
}

/* Where a copy of what an offset field leads to begins. An absent one of a complete table stays absent. */
static uint32_t copy_child(edit_t *edit, const ek_buffer_t *from, uint32_t table, const field_t *field, uint32_t depth) {
  uint32_t child = 0u;
  ek_vector_t vector = {0u, 0u};
  if (field->kind == CHILD) {
    return ek_fb_table(from, table, field->id, &child) == EK_OK && child != 0u
               ? copy_table(edit, from, child, (table_kind_t)field->of, depth + 1u, false)
               : 0u;
  }
  return ek_fb_vector(from, table, field->id, width_of(field), &vector) == EK_OK && vector.position != 0u
             ? copy_vector(edit, from, vector, field, depth, 0u, 0u)
             : 0u;
}

/* A copy with a vtable of its own and four bytes for each field. A complete one has all scalars, with 0 for absent ones,
 * which files leave out: only then can they be changed. The options of operators are words and bytes; a vector among
 * them is taken for a word. */
static uint32_t copy_table(edit_t *edit, const ek_buffer_t *from, uint32_t table, table_kind_t kind, uint32_t depth,
                           bool is_complete) {
  uint16_t vtable[2 + MAX_FIELDS] = {4 + 2 * MAX_FIELDS, 4 + 4 * MAX_FIELDS};
  ek_table_t opened;
  if (depth > MAX_DEPTH || ek_fb_open(from, table, &opened) != EK_OK) {
    edit->is_full = true;
    return 0u;
  }
  const uint32_t start = append(edit, NULL, sizeof vtable + 4u + 4u * MAX_FIELDS);
  const uint32_t copy = start + (uint32_t)sizeof vtable;
  if (edit->is_full) {
    return 0u;
  }
  for (const field_t *field = SCHEMA[kind]; field < SCHEMA[kind] + MAX_FIELDS && field->kind != END; ++field) {
    const uint32_t slot = copy + 4u + 4u * field->id;
    const uint32_t old = ek_fb_at(&opened, field->id, 1u);
    bool is_there = is_complete || old != 0u;
    if (field->kind == BYTE || field->kind == WORD) {
      const uint32_t width = field->kind == WORD && old % 4u == 0u && old + 4u <= from->size ? 4u : 1u;
      if (old != 0u) {
        memcpy(edit->data + slot, from->bytes + old, width);
      }
    } else {
      const uint32_t child = copy_child(edit, from, table, field, depth);
      is_there = child != 0u;
      point(edit, slot, child);
    }
    vtable[2u + field->id] = is_there ? (uint16_t)(4u + 4u * field->id) : 0u;
  }
  if (!edit->is_full) {
    const uint32_t distance = (uint32_t)sizeof vtable;
    memcpy(edit->data + start, vtable, sizeof vtable);
    memcpy(edit->data + copy, &distance, 4u);
  }
  return copy;
}

/* Removes element `at`, in place. */
static void remove_element(edit_t *edit, ek_vector_t vector, const field_t *field, uint32_t at) {
  const uint32_t width = width_of(field);
  const uint32_t length = vector.length - 1u;
  for (uint32_t i = at; i < length; ++i) {
    uint8_t *slot = edit->data + vector.position + i * width;
    memmove(slot, slot + width, width);
    if (field->kind == CHILDREN) { /* offsets count from where they stand */
      const uint32_t offset = ek_load_u32(slot) + width;
      memcpy(slot, &offset, width);
    }
  }
  memcpy(edit->data + vector.position - 4u, &length, 4u);
}

static void swap_elements(edit_t *edit, ek_vector_t vector, const field_t *field, uint32_t a, uint32_t b) {
  const uint32_t width = width_of(field);
  const uint32_t at_a = vector.position + a * width;
  const uint32_t at_b = vector.position + b * width;
  uint8_t kept[8];
  if (field->kind == CHILDREN) {
    const uint32_t to_a = at_a + ek_load_u32(edit->data + at_a);
    point(edit, at_a, at_b + ek_load_u32(edit->data + at_b));
    point(edit, at_b, to_a);
    return;
  }
  memcpy(kept, edit->data + at_a, width);
  memcpy(edit->data + at_a, edit->data + at_b, width);
  memcpy(edit->data + at_b, kept, width);
}

static void mutate_vector(edit_t *edit, uint32_t table, const field_t *field) {
  const ek_buffer_t file = {edit->data, edit->size};
  ek_vector_t vector;
  uint32_t slot;
  if (ek_fb_field(&file, table, field->id, 4u, &slot) != EK_OK || slot == 0u ||
      ek_fb_vector(&file, table, field->id, width_of(field), &vector) != EK_OK || vector.length == 0u) {
    return;
  }
  const uint32_t dice = next_random(edit->random);
  const uint32_t at = (dice >> 8) % vector.length;
  switch (dice % 4u) {
    case 0:
      remove_element(edit, vector, field, at);
      break;
    case 1:
      swap_elements(edit, vector, field, at, (dice >> 16) % vector.length);
      break;
    default: /* mostly at the end, where it changes no index */
      point(edit, slot, copy_vector(edit, &file, vector, field, 0u, 1u, dice % 4u == 2u ? at : vector.length - 1u));
      break;
  }
}

static const site_t *offset_to(const walk_t *walk, table_kind_t kind, uint32_t *random) {
  const uint32_t first = next_random(random);
  for (uint32_t i = 0; i < walk->num_sites; ++i) {
    const site_t *site = &walk->sites[(first + i) % walk->num_sites];
    if (site->kind == SITE_OFFSET && site->of == (uint8_t)kind) {
      return site;
    }
  }
  return NULL;
}

static uint32_t target_of(const ek_buffer_t *file, const site_t *site) {
  return site->position + 4u <= file->size ? site->position + ek_load_u32(file->bytes + site->position) : 0u;
}

size_t mutate_structure(const walk_t *walk, uint8_t *data, size_t size, size_t max_size, uint32_t *random) {
  edit_t edit = {data, (uint32_t)size, (uint32_t)max_size, random, false};
  const uint32_t number = next_random(random) % walk->num_tables;
  const table_kind_t kind = walk->tables[number].kind;
  if (next_random(random) % 4u == 0u) {
    const site_t *site = offset_to(walk, kind, random);
    if (site != NULL) {
      point(&edit, site->position, copy_table(&edit, &walk->file, target_of(&walk->file, site), kind, 0u, true));
    }
    return edit.is_full ? size : edit.size;
  }
  const uint32_t first = next_random(random) % MAX_FIELDS;
  for (uint32_t i = 0; i < MAX_FIELDS; ++i) {
    const field_t *field = &SCHEMA[kind][(first + i) % MAX_FIELDS];
    if (field->kind >= CHILDREN) {
      mutate_vector(&edit, walk->tables[number].position, field);
      break;
    }
  }
  return edit.is_full ? size : edit.size;
}

size_t graft(const walk_t *walk, const walk_t *donor, uint8_t *data, size_t size, size_t max_size, uint32_t *random) {
  static const table_kind_t kinds[] = {TABLE_TENSOR, TABLE_QUANTIZATION, TABLE_OPTIONS, TABLE_OPTIONS,
                                       TABLE_OPERATOR, TABLE_CODE, TABLE_GRAPH, TABLE_BUFFER};
  edit_t edit = {data, (uint32_t)size, (uint32_t)max_size, random, false};
  const table_kind_t kind = kinds[next_random(random) % (sizeof kinds / sizeof kinds[0])];
  const site_t *to = offset_to(walk, kind, random);
  const site_t *from = offset_to(donor, kind, random);
  if (to != NULL && from != NULL) {
    point(&edit, to->position, copy_table(&edit, &donor->file, target_of(&donor->file, from), kind, 0u, false));
  }
  return edit.is_full ? size : edit.size;
}
