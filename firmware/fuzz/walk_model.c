/* SPDX-License-Identifier: Apache-2.0 */
#include "walk_model.h"

static void add_site(walk_t *walk, uint32_t position, site_kind_t kind, uint8_t of) {
  if (walk->num_sites < MAX_SITES && position < walk->file.size) {
    walk->sites[walk->num_sites++] = (site_t){position, (uint8_t)kind, of};
  }
}

static void add_table(walk_t *walk, uint32_t position, table_kind_t kind) {
  if (walk->num_tables < MAX_TABLES) {
    walk->tables[walk->num_tables].position = position;
    walk->tables[walk->num_tables].kind = kind;
    ++walk->num_tables;
  }
}

static void add_vector(walk_t *walk, uint32_t table, const field_t *field, uint32_t width) {
  ek_vector_t vector;
  if (ek_fb_vector(&walk->file, table, field->id, width, &vector) != EK_OK || vector.position == 0u) {
    return;
  }
  add_site(walk, vector.position - 4u, SITE_LENGTH, NUM_TABLES);
  for (uint32_t i = 0; i < vector.length && i < MAX_CHILDREN; ++i) {
    const uint32_t position = vector.position + width * i;
    uint32_t child;
    if (field->kind == CHILDREN) {
      add_site(walk, position, SITE_OFFSET, field->of);
      if (ek_fb_element(&walk->file, vector, i, &child) == EK_OK) {
        add_table(walk, child, (table_kind_t)field->of);
      }
    } else if (field->kind == WORDS) {
      add_site(walk, position, SITE_ELEMENT, NUM_TABLES);
    } else if (field->kind == LONGS) {
      add_site(walk, position, SITE_LONG, NUM_TABLES);
    } else if (field->kind == BYTES && i < 32u) { /* short constants are axes, shapes, bounds: words */
      add_site(walk, position, i % 4u == 0u && vector.length % 4u == 0u ? SITE_WORD : SITE_BYTE, NUM_TABLES);
    }
  }
}

static void add_field(walk_t *walk, uint32_t table, const field_t *field) {
  uint32_t position;
  uint32_t child;
  if (ek_fb_field(&walk->file, table, field->id, 1u, &position) != EK_OK || position == 0u) {
    return;
  }
  switch (field->kind) {
    case BYTE:
      add_site(walk, position, SITE_BYTE, NUM_TABLES);
      break;
    case WORD: /* a byte of an options table is aligned to nothing, a word to four */
      add_site(walk, position, position % 4u == 0u ? SITE_WORD : SITE_BYTE, NUM_TABLES);
      break;
    case CHILD:
      add_site(walk, position, SITE_OFFSET, field->of);
      if (ek_fb_table(&walk->file, table, field->id, &child) == EK_OK && child != 0u) {
        add_table(walk, child, (table_kind_t)field->of);
      }
      break;
    default:
      add_site(walk, position, SITE_OFFSET, NUM_TABLES);
      add_vector(walk, table, field, field->kind == BYTES ? 1u : field->kind == LONGS ? 8u : 4u);
      break;
  }
}

static void add_vtable(walk_t *walk, uint32_t table) {
  if (table + 4u > walk->file.size) {
    return;
  }
  add_site(walk, table, SITE_VTABLE, NUM_TABLES);
  const int64_t vtable = (int64_t)table - ek_load_i32(walk->file.bytes + table);
  for (uint32_t slot = 0; slot < 10u && vtable >= 0 && vtable + 2 * slot + 2 <= (int64_t)walk->file.size; ++slot) {
    add_site(walk, (uint32_t)vtable + 2u * slot, SITE_VTABLE_SLOT, NUM_TABLES);
  }
}

void walk_model(walk_t *walk, const uint8_t *data, uint32_t size) {
  uint32_t root;
  walk->file = (ek_buffer_t){data, size};
  walk->num_sites = walk->num_tables = 0u;
  if (ek_fb_root(&walk->file, "TFL3", &root) != EK_OK) {
    return;
  }
  add_site(walk, 0u, SITE_OFFSET, TABLE_MODEL);
  add_table(walk, root, TABLE_MODEL);
  for (uint32_t i = 0; i < walk->num_tables; ++i) {
    const field_t *fields = SCHEMA[walk->tables[i].kind];
    add_vtable(walk, walk->tables[i].position);
    for (uint32_t k = 0; k < MAX_FIELDS && fields[k].kind != END; ++k) {
      add_field(walk, walk->tables[i].position, &fields[k]);
    }
  }
}
